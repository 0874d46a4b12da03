import type { Config } from '../../config.ts';
import { openTo } from '../../ground/addresses/open-to.ts';
import { mayDo, type Role } from '../../people/workspaces/roles.ts';

/** How far the first run has come, as the database knows. */
export type SetupFacts = {
  /** The state of the workspace's best domain of its own. */
  domain: 'live' | 'waiting' | null;
  /** Somebody else is in the workspace, or asked to come. */
  hasOthers: boolean;
  hasLinks: boolean;
  /** A person has opened one of its links. */
  hasVisit: boolean;
  /** The last mail that was tried has come to nothing so far. */
  isMailRefused: boolean;
};

export type SetupStep = {
  name: 'address' | 'domain' | 'mail' | 'invite' | 'visit';
  label: string;
  isDone: boolean;
  /** How it is done; shown until it is. */
  text: string;
  /** The page where it is done; none for what is done outside of the dashboard. */
  action?: { label: string; href: string };
};

/** Somebody who may act on the checklist, and where they are. */
export type SetupViewer = {
  role: Role;
  /** Looks after the server, and sees the steps of it. */
  isAdmin: boolean;
  /** The address of the workspace, '/w/acme'. */
  home: string;
};

type Place = Pick<Config, 'appUrl' | 'shortUrl' | 'smtpUrl'>;

/** THE list of steps, in the order in which they make sense. */
export function stepsOf(facts: SetupFacts, place: Place, { role, isAdmin, home }: SetupViewer): SetupStep[] {
  return [
    ...(isAdmin ? [addressStep(place)] : []),
    ...(mayDo(role, 'manageDomains') ? [domainStep(facts, home)] : []),
    ...(isAdmin ? [mailStep(facts, place)] : []),
    ...(mayDo(role, 'managePeople') ? [inviteStep(facts, home)] : []),
    visitStep(facts, home),
  ];
}

function addressStep({ appUrl, shortUrl }: Place): SetupStep {
  const local = [shortUrl, appUrl].find((url) => openTo(url) !== 'everybody');
  const people = openTo(local ?? appUrl) === 'this computer' ? 'this computer' : 'your own network';
  return {
    name: 'address',
    label: 'A public address',
    isDone: local === undefined,
    text: `Only ${people} can open ${new URL(local ?? appUrl).host}. Set APP_URL to the address of this server for everybody, such as https://links.example.com, and start it again.`,
  };
}

function domainStep({ domain }: SetupFacts, home: string): SetupStep {
  const isWaiting = domain === 'waiting';
  return {
    name: 'domain',
    label: 'A domain of your own',
    isDone: domain === 'live',
    text: isWaiting
      ? 'Your domain waits for its DNS records.'
      : 'Short links on your own name, such as go.example.com, are trusted more.',
    action: {
      label: isWaiting ? 'See its records' : 'Add a domain',
      href: `${home}/domains${isWaiting ? '' : '#domain-host'}`,
    },
  };
}

function mailStep({ isMailRefused }: SetupFacts, { smtpUrl }: Place): SetupStep {
  return {
    name: 'mail',
    label: 'Mail that is sent',
    isDone: smtpUrl !== null && !isMailRefused,
    text:
      smtpUrl === null
        ? 'Set SMTP_URL, so that invitations, new passwords and reports reach people. Until then messages are kept here.'
        : 'The mail server did not take the last mail.',
    action: { label: 'Open Mail', href: '/admin/mail' },
  };
}

function inviteStep({ hasOthers }: SetupFacts, home: string): SetupStep {
  return {
    name: 'invite',
    label: 'Your team',
    isDone: hasOthers,
    text: 'Invite somebody, by mail or by a link that you send yourself.',
    action: { label: 'Invite somebody', href: `${home}/members#field-email` },
  };
}

function visitStep({ hasLinks, hasVisit }: SetupFacts, home: string): SetupStep {
  return {
    name: 'visit',
    label: 'A first visit',
    isDone: hasVisit,
    text: 'Scan the QR code of one of your links with a phone, or send the link to somebody. The visit is counted at once.',
    ...(!hasLinks && { action: { label: 'Create a link', href: `${home}/links/new` } }),
  };
}
