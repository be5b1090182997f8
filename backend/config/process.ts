import { z } from 'zod';
import { integer, path } from './parsers.ts';
import type { ValuesOf, Variables } from './variable.ts';

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** What is logged; and how large a log in the data folder may grow, and how many of its predecessors are kept. */
export type LoggerConfig = {
  readonly level: LogLevel;
  readonly bounds: { readonly maxBytes: number; readonly kept: number };
};

export type DiskConfig = {
  /** New work is refused while less is free on the disk of the data folder. */
  readonly reserveBytes: number;
};

const TEBIBYTE = 2 ** 40;

export const PROCESS_VARIABLES = {
  DATA_DIR: {
    schema: path().optional(),
    example: '.gridseal',
    meaning: 'state of every embedded part, keys, and the published checkpoint',
  },
  LOG_LEVEL: {
    schema: z.enum(LOG_LEVELS, `must be one of ${LOG_LEVELS.join(', ')}`).default('info'),
    example: 'info',
    meaning: 'the least severe lines that are logged',
  },
  LOG_FILE_BYTES: {
    schema: integer(4_096, TEBIBYTE).default(16_777_216),
    example: '16777216',
    meaning: 'size above which a log in DATA_DIR is put aside and begun again',
  },
  LOG_FILES: {
    schema: integer(0, 1_000).default(5),
    example: '5',
    meaning: 'logs that are kept beside the present one',
  },
  DISK_RESERVE_BYTES: {
    schema: integer(0, TEBIBYTE).default(268_435_456),
    example: '268435456',
    meaning: 'new work is refused while less is free on the disk of DATA_DIR',
  },
} satisfies Variables;

type Values = ValuesOf<typeof PROCESS_VARIABLES>;

export const arrangeLogger = (v: Values): LoggerConfig => ({
  level: v.LOG_LEVEL,
  bounds: { maxBytes: v.LOG_FILE_BYTES, kept: v.LOG_FILES },
});

export const arrangeDisk = (v: Values): DiskConfig => ({ reserveBytes: v.DISK_RESERVE_BYTES });
