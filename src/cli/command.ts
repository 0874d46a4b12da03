import { parseArgs } from 'node:util';
import type { z } from 'zod';

/** The command cannot be carried out; the message is the one sentence that people read. */
export class CommandRefused extends Error {
  override name = 'CommandRefused';
}

/** The answer of a command: to programs (`--json`) and to people. */
export type CommandResult = {
  json: object;
  text: string;
  /** True when the command worked and has bad news: exit code 1. */
  isFailure?: boolean;
};

export type Command = {
  name: string;
  summary: string;
  help: string;
  /**
   * @param words what stands behind the command's name
   * @throws CommandRefused, AppError, ConfigError or PostgresUnavailable with a sentence for people
   */
  answer: (words: readonly string[]) => Promise<CommandResult>;
};

type Option = {
  /** The name of its value in the help ("ADDRESS"); '' for a flag. */
  value: string;
  says: string;
  isRequired?: boolean;
  /** Stands behind the command without a name of its own. */
  isOperand?: boolean;
};

type Definition<Shape extends z.ZodRawShape> = {
  name: string;
  /** One line for the list of commands. */
  summary: string;
  /** More lines for `--help`. */
  details?: string;
  options: { [Name in keyof Shape]: Option };
  /** The schema of the options; its messages are read behind the option's name. */
  input: z.ZodObject<Shape>;
  /** `isQuiet`: stderr shows no progress. */
  run(input: z.output<z.ZodObject<Shape>>, isQuiet: boolean): Promise<CommandResult>;
};

const everyCommand: Readonly<Record<string, Option>> = {
  json: { value: '', says: 'Answer with one JSON object and nothing else.' },
  help: { value: '', says: 'Show this.' },
};

/** A command from its options: reads and checks the words, and writes its own help. */
export function defineCommand<Shape extends z.ZodRawShape>(definition: Definition<Shape>): Command {
  const { name, summary, details, input } = definition;
  const options: Readonly<Record<string, Option>> = definition.options;
  const usage = Object.entries(options).map(([key, option]) => {
    const words = wordsOf(key, option);
    return option.isRequired ? ` ${words}` : ` [${words}]`;
  });
  const rows = Object.entries({ ...options, ...everyCommand });
  const help = [
    `npm run waymark -- ${name}${usage.join('')}`,
    [summary, details].filter(Boolean).join('\n'),
    table(rows.map(([key, option]) => [`  ${wordsOf(key, option)}`, option.says])),
  ].join('\n\n');

  return {
    name,
    summary,
    help,
    async answer(words) {
      const { json, ...given } = readWords(name, options, words);
      const missing = Object.keys(options).filter(
        (option) => options[option]?.isRequired && given[option] === undefined,
      );
      if (missing.length > 0) {
        throw new CommandRefused(`${name} needs ${missing.map((option) => calledIn(options, option)).join(' and ')}.`);
      }
      const parsed = input.safeParse(given);
      if (!parsed.success) {
        const [issue] = parsed.error.issues;
        throw new CommandRefused(`${calledIn(options, issue?.path.join('.'))}: ${issue?.message}`);
      }
      return definition.run(parsed.data, json === true || !process.stderr.isTTY);
    },
  };
}

/** The commands with a line each, as `--help` without a command shows them. */
export function listOf(commands: readonly Command[]): string {
  return [
    'npm run waymark -- <command> [options]',
    table(commands.map(({ name, summary }) => [`  ${name}`, summary])),
    'Each takes --json and --help. Settings come from the environment and .env, as for the server.',
  ].join('\n\n');
}

/** An option as it is written in a command: "--days NUMBER", "--dry-run", or "FILE" for an operand. */
const wordsOf = (name: string, { value, isOperand }: Option): string =>
  isOperand ? value : `--${name} ${value}`.trimEnd();

const calledIn = (options: Readonly<Record<string, Option>>, name = ''): string =>
  options[name]?.isOperand ? options[name].value : `--${name}`;

/** Lines of two columns, the second one aligned. */
function table(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([first]) => first.trimEnd().length));
  return rows.map(([first, second]) => `${first.trimEnd().padEnd(width)}   ${second}`).join('\n');
}

function readWords(name: string, options: Readonly<Record<string, Option>>, words: readonly string[]) {
  const operands = Object.keys(options).filter((option) => options[option]?.isOperand);
  const own = Object.entries(options).flatMap(([option, { value, isOperand }]) => {
    const type: 'boolean' | 'string' = value === '' ? 'boolean' : 'string';
    return isOperand ? [] : [[option, { type }] as const];
  });
  try {
    const { values, positionals } = parseArgs({
      args: [...words],
      options: { ...Object.fromEntries(own), json: { type: 'boolean' }, help: { type: 'boolean' } },
      allowPositionals: operands.length > 0,
    });
    const extra = positionals[operands.length];
    if (extra !== undefined) throw new Error(`Unexpected argument '${extra}'`);
    const given = Object.fromEntries(operands.map((operand, index) => [operand, positionals[index]]));
    return { ...values, ...given } as Record<string, string | boolean | undefined>;
  } catch (error) {
    // Node says more than one sentence: what is wrong, and then how to write what was hardly meant.
    const [sentence = ''] = error instanceof Error ? error.message.split(/\.?(?: To |\n|\. )/, 1) : [];
    throw new CommandRefused(`${sentence}. See: npm run waymark -- ${name} --help`);
  }
}
