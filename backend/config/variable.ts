import type { z } from 'zod';

/** One environment variable, declared once: what it accepts and its default, an example that works, and what it means. */
export type Variable = {
  /** Parser of the text; its default, where it has one, stands for a variable that is not set. */
  readonly schema: z.ZodType;
  readonly example: string;
  /** One line for a person; the default is not repeated in it. */
  readonly meaning: string;
  /** Its value, or a part of it, must never be shown: a URL may hold a password or an API key. */
  readonly secret?: true;
  /** It names a file that somebody else put there: one that is missing is an error, and never made. */
  readonly names?: 'key file' | 'file';
};

/** The variables of one part of the service. */
export type Variables = Readonly<Record<string, Variable>>;

/** What a part's variables hold once each is parsed. */
export type ValuesOf<V extends Variables> = { readonly [Name in keyof V]: z.output<V[Name]['schema']> };

/** Names and values as `process.env` has them. An empty value counts as not set. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Whether a variable is set, by itself. */
export const isSet = (env: Environment, name: string): boolean => (env[name] ?? '') !== '';
