/** https://github.com/opencontainers/image-spec/blob/main/image-index.md#image-index-property-descriptions */
export interface Platform {
  /** e.g. `linux` */
  readonly os: string;
  /** Go's name, e.g. `amd64` */
  readonly architecture: string;
  /** e.g. `v7` for 32-bit arm; never `v8` for arm64, which is its default */
  readonly variant?: string | undefined;
  readonly osVersion?: string | undefined;
}
