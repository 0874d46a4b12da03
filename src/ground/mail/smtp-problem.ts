/** A failed try, as nodemailer tells it. */
type SmtpError = Error & { code?: string; responseCode?: number };

const certificate = /certificate|self[- ]signed|unable to verify/i;

/**
 * Whether a server refused this mail for good (RFC 5321, 4.2.1: 5yz). Refused credentials are the operator's to mend, and
 * a later try may go well.
 */
export function isFinal(error: unknown): boolean {
  const { code, responseCode } = error as SmtpError;
  if (code !== 'EENVELOPE' && code !== 'EMESSAGE') return false;
  return responseCode === undefined || responseCode >= 500;
}

/** Whether the server could not be spoken to at all, so that other mails would fare no better now. */
export const isUnreachable = (error: unknown): boolean =>
  (error as SmtpError).responseCode === undefined && !isFinal(error);

/** The problem and its way out, for the operator of the server. */
export function smtpProblem(error: unknown): string {
  const { code = '', message, responseCode } = error as SmtpError;
  const said = message.split('\n', 1)[0]?.slice(0, 300) ?? '';
  if (certificate.test(message))
    return `Its certificate is not trusted (${said}). Name the authority's file in NODE_EXTRA_CA_CERTS, or add ?tls.rejectUnauthorized=false to SMTP_URL if the way there is private.`;
  if (/wrong version number|packet length/i.test(message))
    return 'It does not speak TLS on this port. Write smtp:// for STARTTLS (mostly port 587), and smtps:// for TLS from the start (port 465).';
  if (code === 'EAUTH' || code === 'ENOAUTH')
    return `It refuses the user or the password of SMTP_URL (${said}). Write characters such as @ / # in them percent-encoded.`;
  if (responseCode !== undefined) return `It answered: ${said}`;
  if (/ECONNREFUSED/.test(message)) return `Nothing listens there (${said}). Check host and port of SMTP_URL.`;
  if (code === 'EDNS' || /ENOTFOUND|EAI_AGAIN/.test(message))
    return `Its name is not found (${said}). Check the host of SMTP_URL.`;
  if (code === 'ETIMEDOUT' || /timeout/i.test(message))
    return `It does not answer in time (${said}). Some providers block outgoing mail: try port 587 or 465.`;
  return said;
}
