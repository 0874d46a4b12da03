import { formatDateTime, withArticle } from '../../ground/text/format.ts';
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

type AboutDeletion = { to: string; workspace: { name: string; timeZone: string; deletionAt: Date }; url: string };

const whenOf = ({ deletionAt, timeZone }: AboutDeletion['workspace']) =>
  `${formatDateTime(deletionAt, timeZone)} (${timeZone})`;

/** Goes to each owner. @param asked.by the one who asked */
export function deletionAskedMail({ to, workspace, url, by }: AboutDeletion & { by: string }): Mail {
  return letter({
    to,
    subject: `${workspace.name} will be deleted`,
    paragraphs: [
      `${by} asked for the deletion of the workspace ${workspace.name}. It is deleted on ${whenOf(workspace)}, with its links, clicks and reports, for good.`,
      'Until then its links work as before, and any owner can keep it.',
    ],
    link: { words: 'Keep it, or take its links and clicks with you:', url },
  });
}

/** Goes to each owner a day before. */
export function deletionNearMail({ to, workspace, url }: AboutDeletion): Mail {
  return letter({
    to,
    subject: `${workspace.name} is about to be deleted`,
    paragraphs: [
      `The workspace ${workspace.name} is deleted on ${whenOf(workspace)}, with its links, clicks and reports, for good. Its short links and printed codes stop working then.`,
    ],
    link: { words: 'This is the last day on which any owner can keep it:', url },
  });
}
