import { letter } from '../../ground/mail/letter.ts';
import type { Mail } from '../../ground/mail/mail.ts';
import { formatDateTime } from '../../ground/text/format.ts';
import type { LeftWorkspace } from '../workspaces/account-memberships.ts';

/** How long a link in a mail works, in seconds; the mails say an hour. */
export const mailedLinkLife = 60 * 60;

type Recipient = { name: string; email: string };

/** When a link that is made now ends. */
const linkEnds = () => new Date(Date.now() + mailedLinkLife * 1_000);

const notYou = 'If you did not ask for this, you need not do anything.';

export function resetPasswordMail({ email, name }: Recipient, url: string): Mail {
  const mail = letter({
    to: email,
    name,
    subject: 'Choose a new password',
    link: { words: 'Open this page to choose a new password for Waymark:', url },
    after: ['It works once, for an hour. Your old password keeps working until then.', notYou],
  });
  return { ...mail, expiresAt: linkEnds() };
}

export function confirmEmailMail({ email, name }: Recipient, url: string): Mail {
  const mail = letter({
    to: email,
    name,
    subject: 'Confirm your new e-mail address',
    link: {
      words: `Open this page to log in to Waymark as ${email} from now on:`,
      url,
    },
    after: ['It works once, for an hour. Until you confirm, your old address stays.', notYou],
  });
  return { ...mail, expiresAt: linkEnds() };
}

/** Goes to the old address: if somebody else asked, this is how the owner learns of it in time. */
export function emailChangeAskedMail({ email, name }: Recipient, newEmail: string): Mail {
  return letter({
    to: email,
    name,
    subject: 'Your e-mail address is about to change',
    paragraphs: [
      `You asked to log in to Waymark as ${newEmail}. It happens once the link in the mail to that address is opened.`,
      'If this was not you, somebody has your password: log in and choose a new one now. Then your address stays.',
    ],
  });
}

export function passwordChangedMail({ email, name }: Recipient, forgotUrl: string): Mail {
  return letter({
    to: email,
    name,
    subject: 'Your password was changed',
    paragraphs: ['Your password for Waymark was changed, and every other session was ended.'],
    link: { words: 'If this was not you, choose a new one here:', url: forgotUrl },
  });
}

type LeavingAccount = Recipient & { deletionAt: Date };

const whenOf = ({ deletionAt }: LeavingAccount) => `${formatDateTime(deletionAt, 'UTC')} (UTC)`;

/** @param url the page where the account is kept, by whoever is logged in */
export function accountDeletionAskedMail(account: LeavingAccount, url: string): Mail {
  return letter({
    to: account.email,
    name: account.name,
    subject: 'Your account will be deleted',
    paragraphs: [
      `You asked for the deletion of your account on Waymark. It is deleted on ${whenOf(account)}. Until then it works as before.`,
    ],
    link: { words: 'To keep it, log in here:', url },
    after: ['If this was not you, somebody has your password: keep the account, and choose a new password.'],
  });
}

/** Goes out a day before. */
export function accountDeletionNearMail(account: LeavingAccount, url: string): Mail {
  return letter({
    to: account.email,
    name: account.name,
    subject: 'Your account is about to be deleted',
    paragraphs: [`Your account on Waymark is deleted on ${whenOf(account)}.`],
    link: { words: 'This is the last day on which you can keep it:', url },
  });
}

/** @param stuck workspaces that would be left without an owner; none where the server would be left without an admin */
export function accountStuckMail({ email, name }: Recipient, stuck: readonly LeftWorkspace[], url: string): Mail {
  const names = new Intl.ListFormat('en').format(stuck.map((workspace) => workspace.name));
  return letter({
    to: email,
    name,
    subject: 'Your account was not deleted',
    paragraphs: [
      stuck.length === 0
        ? 'Your account on Waymark was to be deleted today. It stays, because nobody else looks after the server.'
        : `Your account on Waymark was to be deleted today. It stays, because others work in ${names} and you are the only owner there.`,
    ],
    link: { words: 'See what to do, and ask again:', url },
  });
}
