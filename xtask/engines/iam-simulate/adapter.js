// Puts the requests of standard input, a JSON object a line, to @cloud-copilot/iam-simulate and answers each with a
// line: Allow, Deny, or error and a reason. The policy alone decides: its statements are analysed as those of a
// resource policy, without the package's checks of keys, which drop the keys of most identity providers.
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { loadPolicy } from '@cloud-copilot/iam-policy'

const require = createRequire(import.meta.url)
const folder = join(dirname(require.resolve('@cloud-copilot/iam-simulate')), '..', 'esm')
const inside = (path) => import(pathToFileURL(join(folder, path)).href)
const { analyzeResourcePolicy } = await inside('core_engine/CoreSimulatorEngine.js')
const { AwsRequestImpl } = await inside('request/request.js')
const { RequestContextImpl } = await inside('requestContext.js')

// Asked for by every evaluation, used by those only that search for conditions.
const everythingKnown = {
  constraintFor: () => ({ explicitlyConfigured: true, presenceIsKnown: true, valueIsKnown: true })
}
const parameters = { simulationMode: 'Strict', discoveryContextKeyConstraints: everythingKnown }

const account = (resource) => resource.split(':')[4] ?? ''

function decide(line) {
  const { policy, principal, action, resource, context } = JSON.parse(line)
  const where = { resource, accountId: account(resource) }
  const request = new AwsRequestImpl(principal.value, where, action, new RequestContextImpl(context))
  const analysis = analyzeResourcePolicy(loadPolicy(policy, { name: 'trust' }), request, false, parameters)
  return analysis.denyStatements.length === 0 && analysis.allowStatements.length > 0 ? 'Allow' : 'Deny'
}

for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  let answer
  try {
    answer = decide(line)
  } catch (error) {
    answer = 'error ' + String(error).replaceAll('\n', ' ').slice(0, 150)
  }
  process.stdout.write(answer + '\n')
}
