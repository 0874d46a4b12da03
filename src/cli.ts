import { CommandRefused, listOf, type Command } from './cli/command.ts';
import { doctor } from './cli/doctor.ts';
import { hitsImport } from './cli/hits-import.ts';
import { keyCreate } from './cli/key-create.ts';
import { migrate } from './cli/migrate.ts';
import { reclassify } from './cli/reclassify.ts';
import { seed } from './cli/seed.ts';
import { userCreate } from './cli/user-create.ts';
import { workspaceDelete } from './cli/workspace-delete.ts';
import { ConfigError, loadEnvFile } from './config.ts';
import { PostgresUnavailable } from './ground/db/postgres-unavailable.ts';
import { AppError } from './ground/text/errors.ts';

/** The other front door: `npm run waymark -- <command>`. An error is one sentence on stderr and exit code 1. */
const commands: readonly Command[] = [
  migrate,
  doctor,
  userCreate,
  keyCreate,
  hitsImport,
  reclassify,
  workspaceDelete,
  seed,
];

const [name, ...words] = process.argv.slice(2);
const command = commands.find((candidate) => candidate.name === name);
if (command) {
  await run(command);
} else if (name === '--help' || name === '-h') {
  console.log(listOf(commands));
} else {
  const problem = name === undefined ? 'Name a command.' : `There is no command "${name}".`;
  console.error(`${problem}\n\n${listOf(commands)}`);
  process.exitCode = 1;
}

async function run({ help, answer }: Command): Promise<void> {
  if (words.includes('--help') || words.includes('-h')) {
    console.log(help);
    return;
  }
  try {
    loadEnvFile();
    const { json, text, isFailure } = await answer(words);
    console.log(words.includes('--json') ? JSON.stringify(json) : text);
    if (isFailure) process.exitCode = 1;
  } catch (error) {
    console.error(sentenceOf(error));
    process.exitCode = 1;
  }
}

function sentenceOf(error: unknown): unknown {
  if (error instanceof ConfigError) return `The settings are not right: ${error.message.replaceAll('\n', '; ')}.`;
  const isExpected = [CommandRefused, AppError, PostgresUnavailable].some((kind) => error instanceof kind);
  return isExpected && error instanceof Error ? error.message : error;
}
