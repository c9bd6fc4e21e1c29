//! What a user does: makes an API, subscribes to it, calls it, asks too often, and gives a token back.

use am_product::{Port, Protocol};
use serde_json::{Value, json};

use super::curl::{Answer, Body, Courier, Login, Request};
use crate::error::LiveError;

/// Requests of a minute that the journey's policy allows.
pub(crate) const PER_MINUTE: u32 = 4;
/// Scopes of the operations below. Source: the definitions named in the module's documentation.
const SCOPES: &str = "apim:admin apim:tier_manage apim:api_create apim:api_view apim:api_publish apim:subscribe apim:app_manage apim:sub_manage";
const PUBLISHER: &str = "/api/am/publisher/v4";
const DEVPORTAL: &str = "/api/am/devportal/v3";
const ADMIN: &str = "/api/am/admin/v4";

/// An API that can be called, with a token for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Journey {
    /// First part of the API's path.
    context: String,
    token: String,
    client: (String, String),
}

/// A step that the product did not take: which, and what it said.
pub(crate) type Refused = String;

impl Journey {
    /// Makes everything at a pod with the portals; `name` makes it unique. `environment` is a gateway environment.
    pub(crate) async fn begin(
        courier: &impl Courier,
        portals: &str,
        admin: (String, String),
        name: &str,
        environment: &str,
    ) -> Result<Result<Self, Refused>, LiveError> {
        let steps = Steps { courier, portals };
        let made = steps.all(admin, name, environment).await;
        match made {
            Ok(journey) => Ok(Ok(journey)),
            Err(Stop::Refused(why)) => Ok(Err(why)),
            Err(Stop::Broken(error)) => Err(error),
        }
    }

    /// Calls the API at the gateway in a pod; `None` when nobody answers.
    pub(crate) async fn call(
        &self,
        courier: &impl Courier,
        gateway: &str,
    ) -> Result<Option<u16>, LiveError> {
        let request = Request {
            port: Port::speaking(Protocol::Apis, true).number,
            path: format!("/{}/1.0.0/Version", self.context),
            login: Login::Bearer(self.token.clone()),
            body: Body::None,
        };
        let answer = courier.ask(gateway, &request).await?;
        Ok(answer.map(|answer| answer.status))
    }

    /// Gives the token back to a key manager.
    pub(crate) async fn revoke(
        &self,
        courier: &impl Courier,
        key_manager: &str,
    ) -> Result<Option<u16>, LiveError> {
        let (id, secret) = self.client.clone();
        let request = Request {
            port: Port::speaking(Protocol::Servlets, true).number,
            path: "/oauth2/revoke".to_owned(),
            login: Login::Basic(id, secret),
            body: Body::Form(vec![("token", self.token.clone())]),
        };
        let answer = courier.ask(key_manager, &request).await?;
        Ok(answer.map(|answer| answer.status))
    }
}

enum Stop {
    Refused(Refused),
    Broken(LiveError),
}

impl From<LiveError> for Stop {
    fn from(error: LiveError) -> Self {
        Self::Broken(error)
    }
}

struct Steps<'a, C: Courier> {
    courier: &'a C,
    portals: &'a str,
}

impl<C: Courier> Steps<'_, C> {
    async fn all(
        &self,
        admin: (String, String),
        name: &str,
        environment: &str,
    ) -> Result<Journey, Stop> {
        let login = self.log_in(admin, name).await?;
        let limit = json!({"timeUnit": "min", "unitTime": 1, "requestCount": PER_MINUTE});
        let policy = json!({
            "policyName": name, "displayName": name, "stopOnQuotaReach": true, "billingPlan": "FREE",
            "defaultLimit": {"type": "REQUESTCOUNTLIMIT", "requestCount": limit},
        });
        let path = format!("{ADMIN}/throttling/policies/subscription");
        self.post("make a throttling policy", path, &login, policy)
            .await?;
        let api = self.make_api(&login, name, environment).await?;

        let application = json!({"name": name, "throttlingPolicy": "Unlimited"});
        let path = format!("{DEVPORTAL}/applications");
        let made = self
            .post("make an application", path, &login, application)
            .await?;
        let application = word(&made, "applicationId")?;
        let subscription =
            json!({"apiId": api, "applicationId": application, "throttlingPolicy": name});
        let path = format!("{DEVPORTAL}/subscriptions");
        self.post("subscribe", path, &login, subscription).await?;
        let keys =
            json!({"keyType": "PRODUCTION", "grantTypesToBeSupported": ["client_credentials"]});
        let path = format!("{DEVPORTAL}/applications/{application}/generate-keys");
        let made = self.post("generate keys", path, &login, keys).await?;
        let client = (word(&made, "consumerKey")?, word(&made, "consumerSecret")?);
        let grant = vec![("grant_type", "client_credentials".to_owned())];
        let token = self.token(&client, grant).await?;
        Ok(Journey {
            context: name.to_owned(),
            token,
            client,
        })
    }

    /// Registers a client and gets a token for the portals' interfaces.
    async fn log_in(&self, admin: (String, String), name: &str) -> Result<Login, Stop> {
        let registration = json!({
            "callbackUrl": "www.example.com", "clientName": name, "owner": admin.0,
            "grantType": "client_credentials password refresh_token", "saasApp": true,
        });
        let login = Login::Basic(admin.0.clone(), admin.1.clone());
        let path = "/client-registration/v0.17/register".to_owned();
        let made = self
            .post("register a client", path, &login, registration)
            .await?;
        let client = (word(&made, "clientId")?, word(&made, "clientSecret")?);
        let grant = vec![
            ("grant_type", "password".to_owned()),
            ("username", admin.0),
            ("password", admin.1),
            ("scope", SCOPES.to_owned()),
        ];
        Ok(Login::Bearer(self.token(&client, grant).await?))
    }

    async fn token(
        &self,
        client: &(String, String),
        grant: Vec<(&'static str, String)>,
    ) -> Result<String, Stop> {
        let login = Login::Basic(client.0.clone(), client.1.clone());
        let path = "/oauth2/token".to_owned();
        let made = self
            .send("get a token", path, &login, Body::Form(grant))
            .await?;
        word(&made, "access_token")
    }

    /// An API whose backend is the gateway's own server, deployed and published.
    async fn make_api(&self, login: &Login, name: &str, environment: &str) -> Result<String, Stop> {
        let backend = json!({"url": "http://localhost:9763/services"});
        let api = json!({
            "name": name, "context": name, "version": "1.0.0", "policies": [name],
            "endpointConfig": {"endpoint_type": "http", "production_endpoints": backend, "sandbox_endpoints": backend},
            "operations": [{"target": "/*", "verb": "GET", "authType": "Application & Application User", "throttlingPolicy": "Unlimited"}],
        });
        let path = format!("{PUBLISHER}/apis");
        let made = self.post("make an API", path, login, api).await?;
        let id = word(&made, "id")?;
        let path = format!("{PUBLISHER}/apis/{id}/revisions");
        let made = self.post("make a revision", path, login, json!({})).await?;
        let revision = word(&made, "id")?;
        let path = format!("{PUBLISHER}/apis/{id}/deploy-revision?revisionId={revision}");
        let places =
            json!([{"name": environment, "vhost": "localhost", "displayOnDevportal": true}]);
        self.post("deploy a revision", path, login, places).await?;
        let path = format!("{PUBLISHER}/apis/change-lifecycle?apiId={id}&action=Publish");
        self.post("publish an API", path, login, json!({})).await?;
        Ok(id)
    }

    async fn post(
        &self,
        step: &str,
        path: String,
        login: &Login,
        body: Value,
    ) -> Result<Value, Stop> {
        self.send(step, path, login, Body::Json(body)).await
    }

    async fn send(
        &self,
        step: &str,
        path: String,
        login: &Login,
        body: Body,
    ) -> Result<Value, Stop> {
        let request = Request {
            port: Port::speaking(Protocol::Servlets, true).number,
            path,
            login: login.clone(),
            body,
        };
        match self.courier.ask(self.portals, &request).await? {
            Some(Answer {
                status: 200..=299,
                body,
            }) => Ok(body),
            Some(Answer { status, body }) => Err(Stop::Refused(format!(
                "{} does not {step}: {} answers {status}: {}",
                self.portals,
                request.path,
                body.get("description")
                    .or(body.get("error_description"))
                    .unwrap_or(&body)
            ))),
            None => Err(Stop::Refused(format!(
                "{} does not {step}: nobody answers at {}",
                self.portals, request.path
            ))),
        }
    }
}

/// A text of an answer.
fn word(answer: &Value, name: &str) -> Result<String, Stop> {
    let found = answer.get(name).and_then(Value::as_str);
    found
        .map(str::to_owned)
        .ok_or_else(|| Stop::Refused(format!("an answer of the product has no `{name}`")))
}

#[cfg(test)]
mod tests;
