import { verifyPassword } from 'better-auth/crypto';
import { betterAuth } from 'better-auth/minimal';
import { drizzleAdapter } from 'better-auth/adapters/drizzle';
import type { Config } from '../../config.ts';
import type { Db } from '../../ground/db/db.ts';
import { accounts, sessions, users, verifications } from '../../ground/db/schema.ts';
import { newId } from '../../ground/text/id.ts';
import type { Mailer } from '../../ground/mail/mailer.ts';
import { cookieName } from '../../ground/http/cookies.ts';
import { inHashTurn } from '../../ground/http/hash-turns.ts';
import { mailedLinkLife, resetPasswordMail } from './emails.ts';
import { passwordLength } from './forms.ts';
import { hashOf } from './password.ts';

/** In seconds. */
const minute = 60;
const day = 24 * 60 * minute;

export type Auth = ReturnType<typeof openAuth>;

/**
 * better-auth for sessions and mailed tokens. Its HTTP handler is not mounted: our forms call `auth.api.*` and so go
 * through our rate limits and origin checks, which its api does not have by itself. New passwords are written by us
 * (password.ts), in one transaction with their event.
 */
export function openAuth(parts: {
  db: Db;
  config: Pick<Config, 'appUrl' | 'secret'>;
  mailer: Pick<Mailer, 'send'>;
  log: { error(details: object, sentence: string): void };
}) {
  const { db, config, mailer, log } = parts;
  const isHttps = config.appUrl.startsWith('https:');
  return betterAuth({
    baseURL: config.appUrl,
    secret: config.secret,
    telemetry: { enabled: false },
    logger: {
      level: 'error',
      // Of the details only the error: our log knows which of its values are somebody's.
      log: (_level, message, ...details) =>
        log.error({ err: details.find((detail) => detail instanceof Error) }, message),
    },
    database: drizzleAdapter(db, {
      provider: 'pg',
      usePlural: true,
      schema: { users, sessions, accounts, verifications },
      transaction: true,
    }),
    user: {
      additionalFields: {
        isAdmin: { type: 'boolean', input: false, required: false },
        deletionAt: { type: 'date', input: false, required: false },
      },
    },
    emailAndPassword: {
      enabled: true,
      minPasswordLength: passwordLength.min,
      maxPasswordLength: passwordLength.max,
      password: { hash: hashOf, verify: (given) => inHashTurn(() => verifyPassword(given)) },
      resetPasswordTokenExpiresIn: mailedLinkLife,
      async sendResetPassword({ user, token }) {
        void mailer.send(resetPasswordMail(user, `${config.appUrl}/reset-password?token=${token}`));
      },
    },
    // A reader of a backup must not be able to choose a password.
    verification: { storeIdentifier: 'hashed' },
    session: {
      expiresIn: 30 * day,
      // How exact "last used" is; each time costs one update and one cookie.
      updateAge: 10 * minute,
      // No session has to be young to list or end sessions; what is dangerous asks for the password instead.
      freshAge: 0,
      // Off: a session that was ended must not work for another minute. The two indexed reads cost 2 ms a page.
      cookieCache: { enabled: false },
    },
    databaseHooks: {
      // Earlier versions kept whole user agents: each session loses its own at its next use.
      session: {
        update: { before: async (_session, asked) => ({ data: { userAgent: asked?.headers?.get('user-agent') } }) },
      },
    },
    advanced: {
      // Its own prefix, __Secure-, lets a sibling host put another session into somebody's browser.
      useSecureCookies: false,
      cookiePrefix: cookieName(isHttps, ''),
      defaultCookieAttributes: { secure: isHttps },
      // Wrapped: newId would read better-auth's argument as a length.
      database: { generateId: () => newId() },
      // We show the device of a session and not from where it comes, so we do not keep the address.
      ipAddress: { disableIpTracking: true },
    },
  });
}
