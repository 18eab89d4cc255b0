// An app with mistakes, one of them in a nested stack and one in a stage, and one that is acknowledged.
const cdk = require('aws-cdk-lib');
const iam = require('aws-cdk-lib/aws-iam');
const { Rolecall } = require('..');

const app = new cdk.App();
cdk.Validations.of(app).addPlugins(new Rolecall(JSON.parse(process.env.ROLECALL_OPTIONS ?? '{}')));

const empty = (scope) => new iam.Role(scope, 'Empty', { assumedBy: new iam.ServicePrincipal('') });
const stack = new cdk.Stack(app, 'Plain');
new iam.Role(stack, 'Good', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
if (process.env.MISTAKES !== 'no') {
  empty(stack);
  empty(new cdk.NestedStack(stack, 'Within'));
  empty(new cdk.Stack(new cdk.Stage(app, 'Stage'), 'Deep'));
  const known = new cdk.Stack(app, 'Known');
  cdk.Validations.of(empty(known)).acknowledge({ id: 'rolecall::SVC001', reason: 'a test' });
}
