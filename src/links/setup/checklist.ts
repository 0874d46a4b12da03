import type { FastifyRequest } from 'fastify';
import { mayDo } from '../../people/workspaces/roles.ts';
import { findSetupFacts } from './queries.ts';
import { type SetupStep, stepsOf } from './steps.ts';

/**
 * The checklist for the person who asks. It asks the database nothing where it is not shown.
 * @returns null for people who may do little of it, for those who hid it, and when all is done
 */
export async function loadChecklist({ user, workspace, server }: FastifyRequest): Promise<SetupStep[] | null> {
  const { id, role, slug, hidesSetup } = workspace;
  if (hidesSetup || !mayDo(role, 'managePeople')) return null;
  const facts = await findSetupFacts(server.db, id);
  const steps = stepsOf(facts, server.config, { role, isAdmin: user?.isAdmin === true, home: `/w/${slug}` });
  return steps.every(({ isDone }) => isDone) ? null : steps;
}
