/**
 * Loaded into a server before it starts (`node --import`): its wall clock can be set from outside. Postgres and the
 * monotonic clock go on as they were, as when somebody sets the time of one machine.
 */
let shiftMs = 0;
const RealDate = Date;

class ShiftedDate extends RealDate {
  constructor(...parts: []) {
    if (parts.length === 0) super(ShiftedDate.now());
    else super(...parts);
  }

  static override now(): number {
    return RealDate.now() + shiftMs;
  }
}

globalThis.Date = ShiftedDate as DateConstructor;
process.on('message', (message: { shiftMs: number }) => {
  shiftMs = message.shiftMs;
  process.send?.({ shiftMs });
});
process.channel?.unref();
