// The parts of `@bcoe/v8-coverage` that are used; it comes without types.

declare module "@bcoe/v8-coverage" {
  /** https://chromedevtools.github.io/devtools-protocol/v8/Profiler/#type-ScriptCoverage */
  export interface ScriptCov {
    scriptId: string;
    url: string;
    functions: FunctionCov[];
  }
  export interface FunctionCov {
    functionName: string;
    /** The first is that of the function itself. */
    ranges: { startOffset: number; endOffset: number; count: number }[];
  }
  export interface ProcessCov {
    result: ScriptCov[];
  }
  /** Adds the counts of each script, by its URL. */
  export function mergeProcessCovs(covs: readonly ProcessCov[]): ProcessCov;
  /** Adds counts of one script. */
  export function mergeScriptCovs(covs: readonly ScriptCov[]): ScriptCov | undefined;
}
