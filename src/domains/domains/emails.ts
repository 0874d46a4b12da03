import { formatDate } from '../../ground/text/format.ts';
import { letter } from '../../ground/mail/letter.ts';
import type { Mail } from '../../ground/mail/mail.ts';
import type { Claim } from './claims.ts';
import type { Diagnosis } from '../dns/diagnosis.ts';
import { showHost } from '../dns/name.ts';
import { PATIENCE } from './standing.ts';

type Warning = {
  to: string;
  claim: Pick<Claim, 'host' | 'failingSince'>;
  diagnosis: Diagnosis;
  url: string;
  now: Date;
};

/** To the people who look after a domain whose records have been wrong for a day. */
export function warningMail({ to, claim, diagnosis, url, now }: Warning): Mail {
  const { shown } = showHost(claim.host);
  const pausesAt = new Date((claim.failingSince ?? now).getTime() + PATIENCE);
  return letter({
    to,
    subject: `${shown}: its DNS records are not right`,
    paragraphs: [
      `The DNS records of ${shown} are not as they should be any more:`,
      faultsOf(diagnosis),
      `Its links still open. If nothing changes, the domain is paused on ${formatDate(pausesAt, 'UTC')}, and they stop until the records are back. Nothing is deleted.`,
    ],
    link: { words: 'See and check it here:', url },
  });
}

/** To the same when it was paused. */
export function pausedMail({ to, claim, diagnosis, url }: Warning): Mail {
  const { shown } = showHost(claim.host);
  return letter({
    to,
    subject: `${shown} is paused`,
    paragraphs: [
      `The DNS records of ${shown} have been wrong for a week, so it is paused: its links do not open. Nothing is deleted.`,
      faultsOf(diagnosis),
    ],
    link: {
      words: 'It goes on by itself within a day of the records being back, or at once when you press “Check now” here:',
      url,
    },
  });
}

/** To the people who looked after a domain that another workspace has proved. */
export function takenOverMail({ to, host, url }: { to: string; host: string; url: string }): Mail {
  const { shown } = showHost(host);
  return letter({
    to,
    subject: `${shown} belongs to another workspace now`,
    paragraphs: [
      `Another workspace has shown by its TXT record that ${shown} is theirs, and yours is not there any more. Your links on it do not open from now on. Nothing is deleted.`,
    ],
    link: {
      words:
        'If you gave the domain away, there is nothing to do. If not, look into its DNS now: somebody changed it. Set your record again, let theirs be deleted, and press “Check now” here:',
      url,
    },
  });
}

const faultsOf = ({ faults }: Diagnosis): string =>
  faults
    .filter(({ weight }) => weight !== 'note')
    .map(({ says, next }) => `- ${says} ${next}`)
    .join('\n');
