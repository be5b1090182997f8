/** What the text of an export tells beyond a plain table. */
export type Recognised = {
  readonly preset: string;
  /** Column of the time, by header. */
  readonly time?: string;
  readonly separator?: string;
  readonly decimal?: '.' | ',';
  readonly dateFormat?: string;
  /** Lines before the first row of values. */
  readonly headerRow?: number;
  /** Headers, where the file spreads them over several lines. */
  readonly header?: readonly string[];
  /** Units of columns that name none, by header. */
  readonly units?: Readonly<Record<string, string>>;
};
