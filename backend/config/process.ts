import { z } from 'zod';
import { path } from './parsers.ts';
import type { Variables } from './variable.ts';

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

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
} satisfies Variables;
