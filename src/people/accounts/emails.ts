import type { Mail } from '../../ground/mail/mail.ts';

/** How long a link in a mail works, in seconds; the mails say an hour. */
export const mailedLinkLife = 60 * 60;

type Recipient = { name: string; email: string };

/** Plain text, one purpose each, and what to do when it was not you. */
function mailTo(person: Recipient, subject: string, paragraphs: string[]): Mail {
  return {
    to: person.email,
    subject,
    text: [`Hello ${person.name},`, ...paragraphs, 'Waymark'].join('\n\n'),
  };
}

/** When a link that is made now ends. */
const linkEnds = () => new Date(Date.now() + mailedLinkLife * 1_000);

export function resetPasswordMail(person: Recipient, url: string): Mail {
  const mail = mailTo(person, 'Choose a new password', [
    'Open this page to choose a new password for Waymark:',
    url,
    'It works once, for an hour. Your old password keeps working until then.',
    'If you did not ask for this, you need not do anything.',
  ]);
  return { ...mail, expiresAt: linkEnds() };
}

export function confirmEmailMail(person: Recipient, url: string): Mail {
  const mail = mailTo(person, 'Confirm your new e-mail address', [
    `Open this page to log in to Waymark as ${person.email} from now on:`,
    url,
    'It works once, for an hour. Until you confirm, your old address stays.',
    'If you did not ask for this, you need not do anything.',
  ]);
  return { ...mail, expiresAt: linkEnds() };
}

/** Goes to the old address: if somebody else asked, this is how the owner learns of it in time. */
export function emailChangeAskedMail(person: Recipient, newEmail: string): Mail {
  return mailTo(person, 'Your e-mail address is about to change', [
    `You asked to log in to Waymark as ${newEmail}. It happens once the link in the mail to that address is opened.`,
    'If this was not you, somebody has your password: log in and choose a new one now. Then your address stays.',
  ]);
}

export function passwordChangedMail(person: Recipient, forgotUrl: string): Mail {
  return mailTo(person, 'Your password was changed', [
    'Your password for Waymark was changed, and every other session was ended.',
    'If this was not you, choose a new one here:',
    forgotUrl,
  ]);
}
