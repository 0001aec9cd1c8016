import t from "tap";
import { layerLimits } from "../../src/helper/layer-limits.ts";

t.test("what a layer may unpack to has usual limits that the environment changes", (t) => {
  const usual = layerLimits({});
  t.strictSame(usual, { size: 274_877_906_944, ratio: 200 });
  t.strictSame(layerLimits({ OCI_BUILD_MAX_LAYER_SIZE: "" }), usual);
  t.strictSame(layerLimits({ OCI_BUILD_MAX_LAYER_SIZE: "1000", OCI_BUILD_MAX_LAYER_RATIO: "3" }), {
    size: 1000,
    ratio: 3,
  });
  t.end();
});

t.test("limits that are no positive whole numbers are refused by name", (t) => {
  for (const text of ["0", "-1", "1.5", "1e9", "10G", " 1", "99999999999999999999"]) {
    for (const name of ["OCI_BUILD_MAX_LAYER_SIZE", "OCI_BUILD_MAX_LAYER_RATIO"])
      t.throws(() => layerLimits({ [name]: text }), { code: "usage", message: new RegExp(name) }, `${name}=${text}`);
  }
  t.end();
});
