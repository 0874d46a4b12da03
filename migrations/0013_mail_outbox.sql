ALTER TABLE "mailings_sent" ADD COLUMN "mail_id" integer;--> statement-breakpoint
ALTER TABLE "mailings_sent" ADD COLUMN "is_sent" boolean DEFAULT true NOT NULL;--> statement-breakpoint
ALTER TABLE "mails" ADD COLUMN "html" text;--> statement-breakpoint
ALTER TABLE "mails" ADD COLUMN "headers" jsonb;--> statement-breakpoint
ALTER TABLE "mails" ADD COLUMN "attempts" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "mails" ADD COLUMN "next_try_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "mails" ADD COLUMN "sent_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "mails" ADD COLUMN "error" text;--> statement-breakpoint
ALTER TABLE "mails" ADD COLUMN "expires_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "mailings_sent" ADD CONSTRAINT "mailings_sent_mail_id_mails_id_fk" FOREIGN KEY ("mail_id") REFERENCES "public"."mails"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "mailings_sent_mail_id" ON "mailings_sent" USING btree ("mail_id") WHERE "mailings_sent"."mail_id" is not null;--> statement-breakpoint
CREATE INDEX "mails_next_try_at" ON "mails" USING btree ("next_try_at") WHERE "mails"."next_try_at" is not null;