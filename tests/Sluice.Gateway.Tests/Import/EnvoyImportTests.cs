using Sluice.Documents;

namespace Sluice.Gateway.Tests;

public sealed class EnvoyImportTests
{
    [Fact]
    public void Import_TrafficPolicyAndRoute_IsRunnable()
    {
        Imported imported = Imported.From("envoy", TrafficPolicy("""
            global:
              rules:
                - limit: { requests: 30, unit: Minute }
                - clientSelectors: [{ headers: [{ name: x-user-id, type: Distinct }] }]
                  limit: { requests: 2, unit: Hour }
                  cost: { request: { from: Number, number: 2 } }
                  shadowMode: true
                - clientSelectors: [{ sourceCIDR: { type: Distinct, value: 0.0.0.0/0 } }]
                  limit: { requests: 1, unit: Second }
            local:
              rules:
                - limit: { requests: 9, unit: Second }
            """) + """
            ---
            apiVersion: aigateway.envoyproxy.io/v1beta1
            kind: MCPRoute
            metadata: { name: tools }
            spec:
              parentRefs: [{ name: gw }]
              backendRefs: [{ name: files, port: 8080, path: /rpc }]
            """);

        imported.Configuration.Servers.ShouldHaveSingleItem().Upstream.ShouldBeOfType<HttpUpstreamConfiguration>().Address.ShouldBe(new Uri("http://files:8080/rpc"));
        imported.Limits.Limits.Select(limit => limit.Name).ShouldBe(["global-1", "global-2", "local-1"]);
        imported.Limits.Limits[0].Rate.ShouldBe((RateList?)new Rate(30, TimeSpan.FromMinutes(1), RateLimitAlgorithm.FixedWindow, burst: null, align: true));
        imported.Limits.Limits[1].Mode.ShouldBe(LimitMode.Permissive);
        imported.Limits.Limits[1].Cost.ShouldBe(2);
        imported.Configuration.Auth.TrustedProxy!.UserHeader.ShouldBe("x-user-id");
        imported.Comments.ShouldContain("rules[2].clientSelectors: has no equivalent, so the rule is left out");
    }

    [Fact]
    public void Import_GlobalRule_HasWindowsByTheClock() =>
        Imported.From("envoy", TrafficPolicy("global: { rules: [{ limit: { requests: 2, unit: Minute } }] }"))
            .Decide("any", 50, 55, 59, 60, 61, 62).ShouldBe([true, true, false, true, true, false]);

    [Fact]
    public void Import_QuotaPolicyOfSeveralRules_IsRejectedAndNotReadAsAnd() =>
        Imported.FaultsOf("envoy", Quotas("{ tokens: 5, duration: 1h }", "{ tokens: 9, duration: 1d }")).ShouldContain(
            "spec.perModelQuotas[0].rules: has 2 rules, of which one with quota left is enough to admit a call (OR). Here every limit must admit it (AND)");

    [Fact]
    public void Import_QuotaPolicyOfOneRule_IsRejectedSinceItCountsTokens() =>
        Imported.FaultsOf("envoy", Quotas("{ tokens: 5, duration: 1h }")).ShouldContain("counts tokens of language models");

    [Fact]
    public void Import_ServiceFile_ReadsUsersToolsAndClaims()
    {
        Imported imported = Imported.From("envoy", """
            domain: mcp
            descriptors:
              - key: user
                rate_limit: { unit: minute, requests_per_unit: 50 }
                descriptors:
                  - key: tool
                    value: search
                    rate_limit: { unit: minute, requests_per_unit: 3 }
              - key: plan
                value: free
                rate_limit: { unit: month, requests_per_unit: 1000 }
                shadow_mode: true
              - key: tool
                rate_limit: { unit: second, requests_per_unit: 1 }
                colour: red
            """);

        imported.Limits.Limits.Select(limit => limit.Name).ShouldBe(["user", "user.tool-search", "plan-free"]);
        imported.Limits.Limits[2].Rate.ShouldBe((RateList?)new Rate(1000, TimeSpan.FromDays(30), RateLimitAlgorithm.FixedWindow, burst: null, align: true));
        imported.Limits.Limits[2].Mode.ShouldBe(LimitMode.Permissive);
        imported.Comments.ShouldContain("'plan' is read as a claim of the caller");
        imported.Comments.ShouldContain("'tool' without a value has a bucket for each tool");
        imported.Comments.ShouldContain("descriptors[2].colour: is left out: this importer does not know the field.");
        imported.Comments.ShouldContain("most specific descriptor that matches, alone");
        imported.Decide("search", 0, 0, 0, 0).ShouldBe([true, true, true, false]);
    }

    [Theory]
    [InlineData("global: { rules: [{ limit: { requests: -2, unit: Minute } }] }", "rules[0].limit.requests: '-2' is negative")]
    [InlineData("global: { rules: [{ limit: { requests: 2, unit: Fortnight } }] }", "a rate needs requests from 1, and a unit")]
    [InlineData("global: { rules: [{ limit: { requests: 0, unit: Minute } }] }", "admits no call at all")]
    [InlineData("global: { rules: [] }", "has no rate limit that can be expressed here")]
    public void Import_WrongRule_IsRejected(string rates, string message) => Imported.FaultsOf("envoy", TrafficPolicy(rates)).ShouldContain(message);

    private static string TrafficPolicy(string rates) =>
        "apiVersion: gateway.envoyproxy.io/v1alpha1\nkind: BackendTrafficPolicy\nmetadata: { name: limits }\nspec:\n"
        + "  targetRefs: [{ group: gateway.networking.k8s.io, kind: HTTPRoute, name: tools }]\n  rateLimit:\n"
        + string.Concat(rates.Split('\n').Select(line => $"    {line}\n"));

    private static string Quotas(params string[] quotas) =>
        "apiVersion: aigateway.envoyproxy.io/v1alpha1\nkind: QuotaPolicy\nspec:\n  perModelQuotas:\n    - modelName: m\n      rules:\n"
        + string.Concat(quotas.Select(quota => $"        - quota: {quota}\n"));
}
