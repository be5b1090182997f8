/** One column of a file as a channel: what it measures and how its decimals become integers. */
export type CsvChannel = {
  readonly channel: number;
  readonly column: string;
  readonly quantity: string;
  readonly unit: string;
  readonly sign: string;
};

/** How a file is read: the time of each row and the columns that carry measurements. */
export type CsvLayout = {
  readonly name: string;
  readonly channels: readonly CsvChannel[];
  /** Unix milliseconds of a row. */
  readonly timeOf: (row: Readonly<Record<string, string>>, index: number) => number;
};
