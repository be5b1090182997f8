import type { Profile } from '@gridseal/protocol';

/** How a person says a file is to be read; what is left out is found in the file or refused. */
export type FileOptions = {
  /** `HEADER=quantity:unit` and the like, see mapping.ts. */
  readonly map?: readonly string[];
  /** The same of the enrolment: `map` wins, and columns that the file lacks are no mistake. */
  readonly keptMap?: readonly string[];
  readonly preset?: string;
  /** IANA zone of times without offset. */
  readonly timezone?: string;
  readonly dateFormat?: string;
  readonly encoding?: string;
  readonly separator?: string;
  readonly decimal?: string;
  readonly thousands?: string;
  /** Leave rows out that cannot be read, instead of refusing the file. */
  readonly skipInvalid?: boolean;
  /** Round what has more decimals than its channel, instead of refusing it. */
  readonly round?: boolean;
  /** Time of the first row, Unix milliseconds, where rows carry none. */
  readonly startMs?: number;
  /** The profile of the enrolment: what it cannot hold is refused. Without it the file makes one. */
  readonly profile?: Profile;
};
