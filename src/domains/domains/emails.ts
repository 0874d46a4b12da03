import { formatDate } from '../../ground/text/format.ts';
import type { Mail } from '../../ground/mail/mail.ts';
import type { Claim } from './claims.ts';
import type { Diagnosis } from '../dns/diagnosis.ts';
import { showHost } from '../dns/name.ts';
import { PATIENCE } from './standing.ts';

type Letter = { to: string; claim: Pick<Claim, 'host' | 'failingSince'>; diagnosis: Diagnosis; url: string; now: Date };

/** To the people who look after a domain whose records have been wrong for a day. */
export function warningMail({ to, claim, diagnosis, url, now }: Letter): Mail {
  const { shown } = showHost(claim.host);
  const pausesAt = new Date((claim.failingSince ?? now).getTime() + PATIENCE);
  return {
    to,
    subject: `${shown}: its DNS records are not right`,
    text: [
      'Hello,',
      `The DNS records of ${shown} are not as they should be any more:`,
      faultsOf(diagnosis),
      `Its links still open. If nothing changes, the domain is paused on ${formatDate(pausesAt, 'UTC')}, and they stop until the records are back. Nothing is deleted.`,
      `See and check it here:\n${url}`,
      'Waymark',
    ].join('\n\n'),
  };
}

/** To the same when it was paused. */
export function pausedMail({ to, claim, diagnosis, url }: Letter): Mail {
  const { shown } = showHost(claim.host);
  return {
    to,
    subject: `${shown} is paused`,
    text: [
      'Hello,',
      `The DNS records of ${shown} have been wrong for a week, so it is paused: its links do not open. Nothing is deleted.`,
      faultsOf(diagnosis),
      `It goes on by itself within a day of the records being back, or at once when you press “Check now” here:\n${url}`,
      'Waymark',
    ].join('\n\n'),
  };
}

/** To the people who looked after a domain that another workspace has proved. */
export function takenOverMail({ to, host, url }: { to: string; host: string; url: string }): Mail {
  const { shown } = showHost(host);
  return {
    to,
    subject: `${shown} belongs to another workspace now`,
    text: [
      'Hello,',
      `Another workspace has shown by its TXT record that ${shown} is theirs, and yours is not there any more. Your links on it do not open from now on. Nothing is deleted.`,
      `If you gave the domain away, there is nothing to do. If not, look into its DNS now: somebody changed it. Set your record again, let theirs be deleted, and press “Check now” here:\n${url}`,
      'Waymark',
    ].join('\n\n'),
  };
}

const faultsOf = ({ faults }: Diagnosis): string =>
  faults
    .filter(({ weight }) => weight !== 'note')
    .map(({ says, next }) => `- ${says} ${next}`)
    .join('\n');
