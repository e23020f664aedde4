/** What the service refuses, in an office's words; its own words are kept for who wants them. */
import { language } from '../app/state';
import type { Finding } from '../model/types';
import { OfflineError, ServerError } from '../net/server';
import { say } from '../words';

export interface Refusal {
  status: number;
  words: string;
  /** sentences of findings, or names of what collides */
  faults: string[];
  detail: string;
  body: Record<string, unknown>;
}

const NO_BODY: Record<string, unknown> = {};

/** Turn whatever went wrong into words that say what to do. */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof OfflineError) {
    // a proxy whose service is away says so with a status; that is no matter of this PC's network
    const isBusy = /^(429|50[234]) /.test(error.reason);
    const words = say(isBusy ? 'step_too_busy' : 'step_offline');
    return { status: 0, words, faults: [], detail: '', body: NO_BODY };
  }
  if (!(error instanceof ServerError)) {
    const detail = String((error as Error)?.message ?? error);
    return { status: -1, words: say('step_failed'), faults: [], detail, body: NO_BODY };
  }
  const { body } = error;
  const findings = Array.isArray(body.findings) ? (body.findings as Finding[]) : [];
  return {
    status: error.status,
    words: wordsFor(error.status, body),
    faults: findings.map((fault) => fault.words[language.value] || fault.kind),
    detail: error.detail,
    body,
  };
}

function wordsFor(status: number, body: Record<string, unknown>): string {
  switch (status) {
    case 400:
    case 422:
      return say('step_bad_request');
    case 401:
      return say('step_signed_out');
    case 403:
      return say(body.proposed_by ? 'step_own_proposal' : 'step_forbidden');
    case 404:
      return say('step_missing');
    case 409:
      return conflict(body);
    case 412:
      return say('step_stale');
    default:
      return say(status >= 500 ? 'step_broken' : 'step_refused');
  }
}

function conflict(body: Record<string, unknown>): string {
  const findings = Array.isArray(body.findings) ? (body.findings as Finding[]) : [];
  if (findings.some((fault) => fault.severity === 'hard')) return say('step_hard_faults');
  if (findings.length) return say('step_soft_faults');
  if ('latest' in body) return say('step_not_latest');
  if (Array.isArray(body.grid_codes)) return say('step_codes_given');
  if (Array.isArray(body.collisions)) {
    return say('step_collisions', { n: body.collisions.length });
  }
  if (body.scope) return say('step_merge_first');
  return say('step_wrong_state');
}
