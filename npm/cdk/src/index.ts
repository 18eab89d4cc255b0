// A validation plug-in of the AWS CDK: runs rolecall on the output of an app as it is synthesised. CDK itself adds to
// each violation the construct and the line of the app that made it.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import * as path from 'node:path';
import type {
  IPolicyValidationContext,
  IPolicyValidationPlugin,
  PolicyValidationPluginReport,
  PolicyViolation,
} from 'aws-cdk-lib';

/** How the app is checked. */
export interface RolecallOptions {
  /** The program; without it that of the package `rolecall`, else the one on PATH. */
  readonly program?: string;
  /** A `rolecall.toml`; without it the nearest one above the output. */
  readonly config?: string;
  /** A baseline: what it has does not count. */
  readonly baseline?: string;
  /** The least severity that is reported. */
  readonly minSeverity?: 'error' | 'warning' | 'info';
  /** The least severity that fails the synthesis; without it the one that `rolecall.toml` says, else error. */
  readonly failOn?: 'error' | 'warning' | 'info' | 'never';
  /** Further arguments of `rolecall check`. */
  readonly args?: string[];
}

/** What the plug-in reads of a report, `rolecall check --format json`. */
interface Report {
  readonly schema: string;
  readonly version: string;
  readonly findings: Finding[];
  readonly notes: { readonly kind: string; readonly message: string }[];
}

interface Finding {
  readonly rule: string;
  readonly name: string;
  readonly severity: string;
  readonly status: string;
  readonly message: string;
  readonly help: string;
  readonly location: { readonly path: string };
  readonly template: { readonly path: string } | null;
  readonly logicalId: string | null;
  readonly property: string | null;
  readonly assumes: string[];
}

/** Checks who can become which role in a CDK app. */
export class Rolecall implements IPolicyValidationPlugin {
  public readonly name = 'rolecall';

  public constructor(private readonly options: RolecallOptions = {}) {}

  public validate(context: IPolicyValidationContext): PolicyValidationPluginReport {
    const output = outputOf(context.templatePaths);
    if (output === undefined) {
      return { success: true, violations: [] };
    }
    const { report, failed } = this.check(output);
    return {
      success: !failed,
      pluginVersion: report.version,
      metadata: { undecided: String(report.notes.filter((note) => note.kind === 'undecided').length) },
      violations: report.findings.map(violation),
    };
  }

  private check(output: string): { report: Report; failed: boolean } {
    const { config, baseline, minSeverity, failOn, args } = this.options;
    const words = ['check', '--format=json', '--no-gitignore', '--color=never'];
    const options = { config, baseline, 'min-severity': minSeverity, 'fail-on': failOn };
    for (const [name, value] of Object.entries(options)) {
      if (value !== undefined) words.push(`--${name}=${value}`);
    }
    const program = this.options.program ?? packaged() ?? 'rolecall';
    const ran = spawnSync(program, [...words, ...(args ?? []), '--', output], {
      encoding: 'utf8',
      maxBuffer: 1024 * 1024 * 1024,
      windowsHide: true,
    });
    if (ran.error) {
      throw new Error(`rolecall: cannot start ${program}: ${ran.error.message}`);
    }
    // Status 1 is findings; all else is a check that could not be done.
    if (ran.status !== 0 && ran.status !== 1) {
      throw new Error(`rolecall: ${ran.stderr.trim() || `ended with ${ran.signal ?? ran.status}`}`);
    }
    const report = JSON.parse(ran.stdout) as Report;
    if (report.schema !== 'rolecall/1') {
      throw new Error(`rolecall: a report of the form ${report.schema} is not known; update the package rolecall-cdk`);
    }
    return { report, failed: ran.status === 1 };
  }
}

/** The program of the package `rolecall`. */
function packaged(): string | undefined {
  try {
    // eslint-disable-next-line @typescript-eslint/no-require-imports
    return (require('rolecall') as { binary(): string }).binary();
  } catch {
    return undefined;
  }
}

/** The folder of the whole output: templates of a stage lie in an assembly within. */
function outputOf(templates: string[]): string | undefined {
  const first = templates[0];
  if (first === undefined) return undefined;
  const isAssembly = (folder: string) => existsSync(path.join(folder, 'cdk.out'));
  let folder = path.dirname(path.resolve(first));
  while (isAssembly(path.dirname(folder)) && path.dirname(folder) !== folder) {
    folder = path.dirname(folder);
  }
  return path.relative(process.cwd(), folder) || '.';
}

function violation(finding: Finding): PolicyViolation {
  const template = (finding.template ?? finding.location).path;
  const location = finding.property === null ? 'Properties' : `Properties.${dotted(finding.property)}`;
  const resource = { resourceLogicalId: finding.logicalId ?? '', templatePath: template, locations: [location] };
  const assumes = finding.assumes.join('; ');
  return {
    ruleName: finding.rule,
    description: finding.status === 'possible' ? `${finding.message} (possible)` : finding.message,
    ...(finding.help === '' ? {} : { fix: finding.help }),
    severity: finding.severity,
    ruleMetadata: {
      name: finding.name,
      explain: `rolecall explain ${finding.rule}`,
      ...(assumes === '' ? {} : { assumes }),
    },
    violatingResources: finding.logicalId === null ? [] : [resource],
  };
}

/** `Statement[0].Principal` as CDK writes paths: `Statement.0.Principal`. */
function dotted(property: string): string {
  return property.replace(/\[(\d+)\]/g, '.$1');
}
