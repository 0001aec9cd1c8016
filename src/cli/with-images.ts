import type { Images } from "../store/images.ts";
import type { Engine } from "./engine.ts";

/** Opens the store's images for `use` and closes them again. */
export async function withImages<T>(engine: Engine, root: string, use: (images: Images) => Promise<T>): Promise<T> {
  const images = await engine.openImages(root);
  try {
    return await use(images);
  } finally {
    await images.close();
  }
}
