/** The parts of a refusal besides its sentence. */
export type RefusalDetails = {
  /** The form field or JSON property that was refused. */
  field?: string;
  /** Response headers that belong to this refusal, such as Allow or Retry-After. */
  headers?: Record<string, string>;
};

/**
 * A refusal that people may read: an HTTP status, a stable code for programs and a sentence for people.
 * Thrown anywhere, turned into a page or RFC 9457 problem+json by ground/http/failures.ts alone.
 */
export class AppError extends Error {
  readonly status: number;
  readonly code: string;
  readonly field: string | undefined;
  readonly headers: Record<string, string>;

  constructor(status: number, code: string, message: string, details: RefusalDetails = {}) {
    super(message);
    this.name = new.target.name;
    this.status = status;
    this.code = code;
    this.field = details.field;
    this.headers = details.headers ?? {};
  }
}

/** 404: it is not there, or it is not yours; the two look the same. */
export class NotFound extends AppError {
  constructor(message = 'It does not exist, or you may not see it.', details?: RefusalDetails) {
    super(404, 'not_found', message, details);
  }
}

/** 422: understood, but not allowed as it stands. */
export class Invalid extends AppError {
  constructor(message: string, details?: RefusalDetails & { code?: string }) {
    super(422, details?.code ?? 'invalid', message, details);
  }
}

/** 409: somebody or something else already holds it. */
export class Conflict extends AppError {
  constructor(message: string, details?: RefusalDetails & { code?: string }) {
    super(409, details?.code ?? 'conflict', message, details);
  }
}

/** 401: we do not know who asks. */
export class Unauthorized extends AppError {
  constructor(message = 'Log in first.', details?: RefusalDetails) {
    super(401, 'unauthorized', message, details);
  }
}

/** 403: we know who asks, and it is not theirs to do. */
export class Forbidden extends AppError {
  constructor(message = 'You may not do this.', details?: RefusalDetails) {
    super(403, 'forbidden', message, details);
  }
}

/** 429: too much, too fast. */
export class LimitReached extends AppError {
  constructor(message = 'Too many requests. Wait a moment and try again.', details?: RefusalDetails) {
    super(429, 'limit_reached', message, details);
  }
}

/** 503: what it takes is away for the moment, or busy; the visitor may come back. */
export class Unavailable extends AppError {
  constructor(details: { cause?: unknown; retryAfterSeconds?: number; field?: string | undefined } = {}) {
    const { cause, retryAfterSeconds = 5, field } = details;
    super(503, 'unavailable', 'The server is not able to answer this right now. Try again in a moment.', {
      ...(field !== undefined && { field }),
      headers: { 'retry-after': String(retryAfterSeconds) },
    });
    this.cause = cause;
  }
}

/** A refusal of another room, said of the field that it is about here. */
export function readAs<Value>(field: string, read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    throw error instanceof Invalid ? new Invalid(error.message, { field, code: error.code }) : error;
  }
}

/** Fields of one form or body that are refused at once. Programs hear of the first, as if it were alone. */
export class Refused extends AppError {
  /** One for each field, in their order; never empty. */
  readonly each: readonly AppError[];

  constructor(each: readonly [AppError, ...AppError[]]) {
    const [{ status, code, message, field }] = each;
    super(status, code, message, field === undefined ? {} : { field });
    this.each = each;
  }
}

/** The refusals that an error stands for: itself, or those of several fields. */
export const refusalsIn = (error: AppError): readonly AppError[] => (error instanceof Refused ? error.each : [error]);

/** Reads one field after the other, so that all that cannot be are refused at once. */
export class Refusals {
  readonly #each: AppError[] = [];

  /** @returns the field; undefined where it is refused */
  readNow<Value>(read: () => Value): Value | undefined {
    try {
      return read();
    } catch (error) {
      return this.#note(error);
    }
  }

  /** The same of a field that takes a look into the database. */
  async read<Value>(read: () => Value | Promise<Value>): Promise<Value | undefined> {
    try {
      return await read();
    } catch (error) {
      return this.#note(error);
    }
  }

  /**
   * @param fields all that was read
   * @throws the refusal, or all of them as one
   */
  settle<Fields extends object>(fields: Fields): { [Name in keyof Fields]: Exclude<Fields[Name], undefined> } {
    const [first, ...others] = this.#each;
    if (first) throw others.length > 0 ? new Refused([first, ...others]) : first;
    return fields as never;
  }

  #note(error: unknown): undefined {
    if (!(error instanceof AppError) || error.field === undefined) throw error;
    this.#each.push(...refusalsIn(error));
  }
}
