/**
 * The page's side of a worker. It sends one request at a time, and stops the worker on an abort.
 */

import { GradCamError } from '../base/errors.js';
import { unpackError } from './protocol.js';

/** @import { Progress } from '../base/source.js' */
/** @import { Kept } from './kept.js' */
/** @import { Response } from './protocol.js' */

/**
 * What a worker must be able to do. The Worker of browsers can.
 * @typedef {object} WorkerLike
 * @property {(message: any) => void} postMessage
 * @property {(type: 'message' | 'error', listener: (event: any) => void) => void} addEventListener
 * @property {() => void} terminate
 */

/**
 * @typedef {object} Call
 * @property {string} [method] of the worker. Without it the worker makes what is needed, and its
 *   answer is that of the last request
 * @property {object} [args]
 * @property {Kept[]} [needs] what the worker must keep, in the order in which it is made
 * @property {(progress: any) => void} [onProgress] is given what the worker's call reports
 * @property {AbortSignal} [signal]
 */

/** @typedef {{ resolve: (result: any) => void, reject: (reason: unknown) => void }} Promised */
/** @typedef {Call & Promised} Job */
/** @typedef {{ id: number, job: Job, method: string } & Promised} OpenRequest */

export class Client {
  #createWorker;
  /** @type {WorkerLike | undefined} */
  #worker;
  /** @type {Job[]} calls that wait */
  #waiting = [];
  /** @type {Job | undefined} the call that the worker does */
  #current;
  /** @type {OpenRequest | undefined} the request that the worker is answering */
  #request;
  #lastId = 0;
  /** @type {Map<number, number>} versions of what the worker keeps, by place */
  #kept = new Map();

  /** @param {() => WorkerLike} createWorker */
  constructor(createWorker) {
    this.#createWorker = createWorker;
  }

  /** A number that no other call of this method returns. */
  newKey() {
    return ++this.#lastId;
  }

  /**
   * Calls a method of the worker, after all earlier calls. An abort rejects with the signal's
   * reason, and ends the work at once by stopping the worker. Models are loaded again from their
   * source when they are used next.
   * @param {Call} call
   * @returns {Promise<any>}
   */
  call(call) {
    const { signal } = call;
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const abort = () => {
        reject(signal?.reason);
        this.#cancel(job);
      };
      const settle = () => signal?.removeEventListener('abort', abort);
      /** @type {Job} */
      const job = {
        ...call,
        resolve: (result) => (settle(), resolve(result)),
        reject: (reason) => (settle(), reject(reason)),
      };
      signal?.addEventListener('abort', abort, { once: true });
      this.#waiting.push(job);
      this.#next();
    });
  }

  /**
   * Lets the worker forget what it keeps in a place.
   * @param {number} place
   */
  drop(place) {
    if (!this.#kept.delete(place)) return;
    this.call({ method: 'drop', args: { place } }).catch(() => {});
  }

  /**
   * Stops the worker. Calls that have no answer yet reject. The next call starts another worker.
   */
  terminate() {
    const jobs = [this.#current, ...this.#waiting];
    this.#waiting = [];
    this.#stop();
    for (const job of jobs)
      job?.reject(new GradCamError('WORKER_FAILED', 'the worker was stopped'));
  }

  /** @param {Job} job */
  #cancel(job) {
    if (job === this.#current) {
      this.#stop();
      this.#next();
    } else {
      this.#waiting = this.#waiting.filter((other) => other !== job);
    }
  }

  #stop() {
    this.#worker?.terminate();
    this.#worker = undefined;
    this.#kept.clear();
    this.#current = undefined;
    this.#request = undefined;
  }

  #next() {
    if (this.#current) return;
    this.#current = this.#waiting.shift();
    if (this.#current) this.#work(this.#current);
  }

  /** @param {Job} job */
  async #work(job) {
    try {
      job.resolve(await this.#perform(job));
    } catch (error) {
      job.reject(error);
      // A broken engine or worker has lost its models, so the next call starts another worker.
      if (error instanceof GradCamError && /^(WASM|WORKER)_FAILED$/.test(error.code)) {
        if (this.#current === job) this.#stop();
      }
    }
    if (this.#current === job) this.#current = undefined;
    this.#next();
  }

  /** @param {Job} job */
  async #perform(job) {
    const { method, args = {}, needs = [] } = job;
    let made;
    for (const kept of needs) {
      made = await this.#make(job, kept);
      // An abort has answered the caller. Going on would start another worker.
      if (job !== this.#current) return new Promise(() => {});
    }
    return method === undefined ? made : this.#post(job, method, args);
  }

  /**
   * Makes what a job needs, unless the worker keeps it.
   * @param {Job} job
   * @param {Kept} kept
   */
  async #make(job, kept) {
    const { place, version, method, args, isQuiet } = kept;
    let made;
    if (!kept.isDisposed && this.#kept.get(place) !== version) {
      const given = { place, ...args };
      if (isQuiet) this.#send(this.newKey(), method, given);
      else made = await this.#post(job, method, given);
      this.#kept.set(place, version);
    }
    if (!kept.isDisposed) return made;
    this.drop(place);
    throw new GradCamError('DISPOSED', 'the model was disposed of');
  }

  /**
   * @param {Job} job
   * @param {string} method
   * @param {object} args
   * @returns {Promise<any>} it never settles if the worker is stopped, because no caller waits then
   */
  #post(job, method, args) {
    return new Promise((resolve, reject) => {
      const id = this.newKey();
      this.#request = { id, job, method, resolve, reject };
      this.#send(id, method, args);
    });
  }

  /**
   * @param {number} id
   * @param {string} method
   * @param {object} args
   */
  #send(id, method, args) {
    this.#worker ??= this.#start();
    try {
      this.#worker.postMessage({ id, method, args });
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      const text = `an argument cannot be sent to the worker: ${reason}`;
      throw new GradCamError('INVALID_ARGUMENT', text, { cause });
    }
  }

  #start() {
    const worker = this.#create();
    worker.addEventListener('message', ({ data }) => this.#receive(data));
    worker.addEventListener('error', ({ message }) => {
      const noScript = 'its script does not load; are worker.js and all files beside it served?';
      const text = `the worker failed: ${message || noScript}${parcelHint(message)}`;
      if (worker === this.#worker) this.#request?.reject(new GradCamError('WORKER_FAILED', text));
    });
    return worker;
  }

  #create() {
    try {
      return this.#createWorker();
    } catch (cause) {
      if (cause instanceof GradCamError) throw cause;
      const reason = cause instanceof Error ? cause.message : String(cause);
      const text = `the worker does not start: ${reason}`;
      throw new GradCamError('WORKER_FAILED', text, { cause });
    }
  }

  /**
   * Tells the caller of a call how far it is. A caller that throws ends the call as an abort does.
   * A method's progress is that of the method alone, not of the model that is loaded again for it.
   * @param {OpenRequest} request
   * @param {Progress} progress
   */
  #report({ job, method }, progress) {
    if (job.method !== undefined && job.method !== method) return;
    try {
      job.onProgress?.(progress);
    } catch (error) {
      job.reject(error);
      this.#cancel(job);
    }
  }

  /** @param {Response} response */
  #receive({ id, progress, result, error }) {
    const request = this.#request;
    if (request?.id !== id) return;
    if (progress) this.#report(request, progress);
    else if (error) request.reject(unpackError(error));
    else request.resolve(result);
  }
}

/**
 * Parcel leaves modules out of a worker whose code it hoists, and names them by such letters.
 * @param {string} message of the worker
 */
function parcelHint(message) {
  const isParcel = /Cannot find module '\w{5,6}'/.test(message);
  return isParcel ? '; build with parcel build --no-scope-hoist' : '';
}
