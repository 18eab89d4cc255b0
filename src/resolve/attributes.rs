//! What `Ref` and `Fn::GetAtt` give for a resource; the facts about each type stand in `returns`.

use super::{Resolver, StackId, returns};
use crate::template::{Resource, is_custom, is_nested_stack};
use crate::value::{At, Kind, Piece, Text, Value, Why};

impl<'d> Resolver<'_, 'd> {
    /// What `Fn::GetAtt` gives for a resource; `Ref` counts as an attribute.
    pub fn attribute(&mut self, stack: StackId, id: &str, attribute: &str, at: At) -> Kind {
        match self.stack(stack).template.resource(id) {
            Some(resource) => self.attribute_of(stack, resource, attribute, at),
            None => Kind::Any(Why::Missing(id.into())),
        }
    }

    /// What `Ref` and `Fn::GetAtt` give for a resource.
    pub(super) fn attribute_of(&mut self, stack: StackId, resource: &Resource<'d>, attribute: &str, at: At) -> Kind {
        match (resource.kind, attribute) {
            (kind, _) if is_nested_stack(kind) && attribute.starts_with("Outputs.") => {
                self.nested_output(stack, resource.id, &attribute["Outputs.".len()..], at)
            }
            ("Custom::AWSCDKCfnJson", "Value") => self.cfn_json(stack, resource, at),
            ("Custom::CrossRegionExportReader", export) if export.starts_with('/') => self.cross_region(export, at),
            ("AWS::Cognito::UserPool", "ProviderName") => Kind::Text(self.user_pool_provider(stack, resource, at)),
            ("AWS::Cognito::UserPool", "ProviderURL") => {
                let provider = self.user_pool_provider(stack, resource, at);
                Kind::Text(Text::join([&Text::known("https://"), &provider]))
            }
            (kind, _) if returns::is_ref(kind, attribute) => self.attribute_of(stack, resource, returns::REF, at),
            ("AWS::SSM::Parameter", "Value") => match self.property(stack, resource, "Value") {
                Some(value) => value.kind,
                None => Kind::Text(self.resource_symbol(stack, resource, attribute)),
            },
            ("AWS::Lambda::Version", returns::REF | "FunctionArn") => self.version_arn(stack, resource, at),
            _ => match returns::arn(resource.kind, attribute) {
                Some(form) => self.arn(stack, resource, attribute, form, at),
                None => self
                    .physical_name(stack, resource, attribute, at)
                    .unwrap_or_else(|| Kind::Text(self.resource_symbol(stack, resource, attribute))),
            },
        }
    }

    /// The name that a template gives a resource, where `Ref` returns it.
    fn physical_name(&mut self, stack: StackId, resource: &Resource<'d>, attribute: &str, at: At) -> Option<Kind> {
        let property = returns::name_property(resource.kind).filter(|_| attribute == returns::REF)?;
        let name = self.property(stack, resource, property)?;
        let symbol = self.resource_symbol(stack, resource, attribute);
        let kind = self.in_each_case(vec![name], at, &mut |_, parts| match parts.first().and_then(Value::text) {
            Some(Text::Any(_)) | None => Kind::Text(symbol.clone()),
            Some(text) => Kind::Text(text),
        });
        Some(kind)
    }

    fn resource_symbol(&mut self, stack: StackId, resource: &Resource<'d>, attribute: &str) -> Text {
        let property = returns::name_property(resource.kind).filter(|_| attribute == returns::REF);
        let (format, unique) = match property {
            Some(property) if self.property(stack, resource, property).is_none() => {
                returns::generated_name(resource.kind)
            }
            _ => returns::format(resource.kind, attribute),
        };
        let key = format!("{}/{attribute}/{}", stack.0, resource.id);
        let name =
            if attribute == returns::REF { resource.id.to_owned() } else { format!("{}.{attribute}", resource.id) };
        let text = self.symbol(&key, &name, format, unique);
        if is_custom(resource.kind) {
            let why = Why::Deployment(format!("{name} of a custom resource").into());
            text.as_symbol().into_iter().for_each(|id| self.symbols.explain(id, why.clone()));
        }
        text
    }

    /// What a form comes to (`arn:PARTITION:iam::ACCOUNT:role/PATH/NAME`), so that every spelling of it is the
    /// same text; where a part is no text, the symbol of the attribute.
    fn arn(&mut self, stack: StackId, resource: &Resource<'d>, attribute: &str, form: &str, at: At) -> Kind {
        let mut parts = Vec::new();
        let mut rest = form;
        while let Some((before, after)) = rest.split_once('{') {
            parts.push(Value::new(Kind::Text(Text::known(before)), at));
            let (name, tail) = after.split_once('}').unwrap_or((after, ""));
            parts.push(Value::new(self.arn_part(stack, resource, name, at), at));
            rest = tail;
        }
        let symbol = self.resource_symbol(stack, resource, attribute);
        let count = parts.len();
        self.in_each_case(parts, at, &mut |resolver, parts| {
            let texts: Option<Vec<Text>> = parts.iter().map(Value::text).collect();
            let Some(texts) = texts.filter(|texts| texts.len() == count) else { return Kind::Text(symbol.clone()) };
            let arn = resolver.joined(&texts, at);
            Kind::Text(if matches!(arn, Text::Any(_)) { symbol.clone() } else { arn })
        })
    }

    fn arn_part(&mut self, stack: StackId, resource: &Resource<'d>, name: &str, at: At) -> Kind {
        let pseudo = match name {
            "P" => Some("AWS::Partition"),
            "R" => Some("AWS::Region"),
            "A" => Some("AWS::AccountId"),
            "S" => Some("AWS::URLSuffix"),
            _ => None,
        };
        if let Some(pseudo) = pseudo {
            return Kind::Text(self.pseudo(stack, pseudo));
        }
        let is_ref = name == returns::REF || returns::name_property(resource.kind) == Some(name);
        match name {
            "path" => self.property(stack, resource, "Path").map_or(Kind::Text(Text::known("/")), |path| path.kind),
            "url" => self.url_without_scheme(stack, resource, at),
            _ if is_ref => self.attribute_of(stack, resource, returns::REF, at),
            _ => match self.property(stack, resource, name) {
                Some(value) => value.kind,
                None => Kind::Text(self.resource_symbol(stack, resource, name)),
            },
        }
    }

    /// The version that SAM makes of a function with an alias: `Ref FUNCTION.Version` (AWS SAM Developer Guide, referencing
    /// generated resources).
    pub(super) fn function_version(&mut self, stack: StackId, name: &str, at: At) -> Option<Kind> {
        let function = self.stack(stack).template.resource(name.strip_suffix(".Version")?)?;
        if !["AWS::Lambda::Function", "AWS::Serverless::Function"].contains(&function.kind) {
            return None;
        }
        let version = self.resource_symbol(stack, function, "Version");
        let arn = Value::new(self.attribute_of(stack, function, "Arn", at), at);
        Some(self.in_each_case(vec![arn], at, &mut |_, parts| {
            let arn = parts.first().and_then(Value::text).unwrap_or(Text::Any(Why::Bound));
            Kind::Text(Text::join([&arn, &Text::known(":"), &version]))
        }))
    }

    /// The ARN of a version of a function, which its resource names by a name or by an ARN (CloudFormation,
    /// AWS::Lambda::Version).
    fn version_arn(&mut self, stack: StackId, resource: &Resource<'d>, at: At) -> Kind {
        let whole = self.resource_symbol(stack, resource, returns::REF);
        let version = self.resource_symbol(stack, resource, "Version");
        let Some(function) = self.property(stack, resource, "FunctionName") else { return Kind::Text(whole) };
        let pseudo = ["AWS::Partition", "AWS::Region", "AWS::AccountId"].map(|name| self.pseudo(stack, name));
        self.in_each_case(vec![function], at, &mut |_, parts| {
            let pieces = parts.first().and_then(Value::text).and_then(|text| text.pieces());
            let Some(pieces) = pieces else { return Kind::Text(whole.clone()) };
            let is_arn = matches!(pieces.first(), Some(Piece::Literal(first)) if first.starts_with("arn:"));
            let [partition, region, account] = &pseudo;
            let (function, fixed) = (Text::from_pieces(pieces), ["arn:", ":lambda:", ":", ":function:"]);
            let [arn, lambda, colon, kind] = fixed.map(Text::known);
            Kind::Text(match is_arn {
                true => Text::join([&function, &colon, &version]),
                false => {
                    Text::join([&arn, partition, &lambda, region, &colon, account, &kind, &function, &colon, &version])
                }
            })
        })
    }

    /// The name of an OIDC provider: its URL without `https://` (IAM User Guide, Create an OIDC provider).
    fn url_without_scheme(&mut self, stack: StackId, resource: &Resource<'d>, at: At) -> Kind {
        let Some(url) = self.property(stack, resource, "Url") else {
            return Kind::Any(Why::Missing("Url".into()));
        };
        self.in_each_case(vec![url], at, &mut |resolver, parts| {
            let pieces = parts.first().and_then(Value::text).and_then(|text| text.pieces());
            let [Piece::Literal(first), rest @ ..] = pieces.as_deref().unwrap_or_default() else {
                return Kind::Any(resolver.cause(parts, "the URL of a provider"));
            };
            let name = Piece::Literal(first.strip_prefix("https://").unwrap_or(first).into());
            Kind::Text(Text::from_pieces([name].into_iter().chain(rest.iter().cloned())))
        })
    }

    /// `cognito-idp.REGION.SUFFIX/POOL` (Cognito API, CognitoIdentityProvider.ProviderName).
    fn user_pool_provider(&mut self, stack: StackId, resource: &Resource<'d>, at: At) -> Text {
        let id = self.attribute_of(stack, resource, returns::REF, at);
        let Kind::Text(id) = id else { return Text::Any(Why::Bound) };
        let (region, suffix) = (self.pseudo(stack, "AWS::Region"), self.pseudo(stack, "AWS::URLSuffix"));
        let fixed = ["cognito-idp.", ".", "/"].map(Text::known);
        Text::join([&fixed[0], &region, &fixed[1], &suffix, &fixed[2], &id])
    }
}
