import { withArticle } from '../../ground/text/format.ts';
import { letter } from '../../ground/mail/letter.ts';
import type { Mail } from '../../ground/mail/mail.ts';
import { DAY } from '../../ground/time/zoned-time.ts';
import { invitationDays, type InvitedRole } from './invitations.ts';

/** @param url the page that accepts it, with the token that is nowhere else */
export function invitationMail(
  invitation: { email: string; role: InvitedRole; workspaceName: string; invitedBy: { name: string; email: string } },
  url: string,
  now: Date,
): Mail {
  const { email, role, workspaceName, invitedBy } = invitation;
  const mail = letter({
    to: email,
    subject: `${invitedBy.name} invites you to ${workspaceName}`,
    paragraphs: [
      `${invitedBy.name} (${invitedBy.email}) invites you to work in ${workspaceName} on Waymark, as ${withArticle(role)}.`,
    ],
    link: { words: 'Open this page to join:', url },
    after: [
      `It works once, for ${invitationDays} days, and only for ${email}.`,
      'If you do not know what this is about, you need not do anything.',
    ],
  });
  return { ...mail, expiresAt: new Date(now.getTime() + invitationDays * DAY) };
}
