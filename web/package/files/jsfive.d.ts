/** What the package uses of jsfive, which brings no types. */
declare module 'jsfive' {
  /** The parsed header of a group or data set. */
  interface DataObjects {
    offset: number;
    chunks: number[] | null;
    filter_pipeline: unknown[] | null;
    find_msg_type(type: number): Map<string, number>[];
    _get_data_message_properties(
      offset: number,
    ): [version: number, dims: number, layout: number, properties: number];
  }

  class Group {
    keys: string[];
    attrs: Record<string, unknown>;
    get(path: string): Group | Dataset | null;
    _dataobjects: DataObjects;
  }

  class File extends Group {
    constructor(bytes: ArrayBufferLike, name?: string);
  }

  class Dataset {
    value: unknown[];
    shape: number[];
    dtype: unknown;
    _dataobjects: DataObjects;
  }
}
