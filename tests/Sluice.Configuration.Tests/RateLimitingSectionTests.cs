using System.Collections.Immutable;
using System.Text;
using Microsoft.Extensions.Configuration;
using YamlDotNet.RepresentationModel;

namespace Sluice.Configuration.Tests;

/// <summary>What is valid in a file is valid in a section of a .NET configuration, and means the same.</summary>
public sealed class RateLimitingSectionTests
{
    private const string Everything = """
        rateLimiting:
          shared: { maxTokens: 100, refillPeriod: 1m30s, burst: 20, algorithm: tokenBucket }
          perTenant: { maxTokens: 10, refillPeriod: 1h, algorithm: fixedWindow, align: true }
          perUser: { maxTokens: 10, refillPeriod: 1m, algorithm: slidingWindow }
          perClient: 10/day
          tools:
            - { name: search, shared: 100/m, perTenant: 10/5m, cost: 2, mode: permissive, onStoreFailure: deny, rejection: toolResult }
            - { name: "search_*", perUser: [30/minute, { maxTokens: 50, refillPeriod: 1w }] }
            - { name: report, perUser: [{ maxTokens: 50, window: month, timeZone: Asia/Tokyo }, { maxTokens: 5, window: week, weekStart: sunday }] }
            - { name: "42", perUser: 30/minute }
            - { name: "true", perUser: 30/minute }
          prompts: [{ name: summarise, cost: 3 }]
          resources: [{ name: "file:///notes/*", perUser: 3/s }]
          methods: [{ name: tools/list, perUser: 60/1m }]
          cost: 1
          mode: enforce
          meter: all
          missingIdentity: reject
          onStoreFailure: local
          rejection: auto
          errorCode: -32029
          allowReservedErrorCode: true
          headers: { mode: always, style: both }
          caseSensitive: true
          slidingWindowCeiling: 20000
        """;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Read_EveryFieldThereIs_IsThePolicyOfTheFile(bool inUpperCase)
    {
        string file = "auth: { apiKeys: [{ user: a, tenant: t, sha256: \"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\" }] }\n"
            + "servers:\n  - name: s\n    upstream: http://127.0.0.1:1/mcp\n    "
            + Everything.Replace("  perClient: 10/day\n", "", StringComparison.Ordinal).Replace("\n", "\n    ", StringComparison.Ordinal);
        GatewayFileResult expected = GatewayFile.Parse(file, "f");
        expected.Faults.ShouldBeEmpty();

        RateLimitPolicy? policy = RateLimitingSection.Read(Section(Everything, inUpperCase), "s", out ImmutableArray<SettingsFault> faults);

        faults.ShouldBeEmpty();
        RateLimitingSettings settings = policy.ShouldNotBeNull().Settings;
        settings.PerClient.ShouldBe(new Rate(10, TimeSpan.FromDays(1))); // No API key tells clients apart, so the file cannot say it.
        ShouldBeTheSame(settings with { PerClient = null }, expected.Configuration!.Servers.Single().Policy!.Settings);
    }

    [Theory]
    [InlineData("rateLimiting: { perUser: ~ }", "rateLimiting.perUser: an empty value is not a rate.")]
    [InlineData("rateLimiting: { perUsers: 1/1m }", "rateLimiting.perUsers: 'perUsers' is not a field. Did you mean 'perUser'?")]
    [InlineData("rateLimiting: { tools: 1/1m, perUser: 1/1m }", "rateLimiting.tools: a text is not a list.")]
    [InlineData("rateLimiting: { perUser: [1/1m, 2/60s] }", "rateLimiting.perUser[1]: '2/1m' has the period and the algorithm of '1/1m'")]
    [InlineData("rateLimiting: { perUser: { maxTokens: 1, window: day, timeZone: Asia/Tokio } }", "rateLimiting.perUser.timeZone: 'Asia/Tokio' is not a time zone. Did you mean 'Asia/Tokyo'?")]
    [InlineData("rateLimiting: { perUser: 1/1m, cost: 5 }", "rateLimiting.cost: 5 tokens can never be met by the limit 'perUser'")]
    [InlineData("rateLimiting: { perUser: 1/1m, caseSensitive: yes }", "rateLimiting.caseSensitive: 'yes' is not true or false.")]
    [InlineData("rateLimiting: { tools: [{ name: '', perUser: 1/1m }] }", "rateLimiting.tools[0].name: has 0 characters")]
    [InlineData("other: { perUser: 1/1m }", "rateLimiting: is not in the configuration.")]
    public void Read_AFault_IsToldWithItsPlace(string yaml, string message)
    {
        RateLimitingSection.Read(Section(yaml, inUpperCase: false), "s", out ImmutableArray<SettingsFault> faults).ShouldBeNull();

        faults.ShouldHaveSingleItem().ToString().ShouldStartWith(message);
    }

    private static void ShouldBeTheSame(RateLimitingSettings one, RateLimitingSettings other)
    {
        one.Tools.ShouldBe(other.Tools);
        one.Prompts.ShouldBe(other.Prompts);
        one.Resources.ShouldBe(other.Resources);
        one.Methods.ShouldBe(other.Methods);
        (one with { Tools = [], Prompts = [], Resources = [], Methods = [] })
            .ShouldBe(other with { Tools = [], Prompts = [], Resources = [], Methods = [] });
    }

    /// <summary>The document as a provider of .NET hands it out: keys with colons, and texts.</summary>
    private static IConfigurationSection Section(string yaml, bool inUpperCase)
    {
        YamlStream stream = [];
        stream.Load(new StringReader(yaml));
        Dictionary<string, string?> values = [];
        Flatten(stream.Documents[0].RootNode, new StringBuilder(), values);
        return new ConfigurationBuilder()
            .AddInMemoryCollection(values.Select(pair => KeyValuePair.Create(inUpperCase ? pair.Key.ToUpperInvariant() : pair.Key, pair.Value)))
            .Build()
            .GetSection("rateLimiting");
    }

    private static void Flatten(YamlNode node, StringBuilder path, Dictionary<string, string?> values)
    {
        IEnumerable<(string Key, YamlNode Node)> children = node switch
        {
            YamlMappingNode mapping => mapping.Select(pair => (((YamlScalarNode)pair.Key).Value!, pair.Value)),
            YamlSequenceNode list => list.Select((item, index) => (index.ToString(System.Globalization.CultureInfo.InvariantCulture), item)),
            _ => [],
        };
        if (node is YamlScalarNode scalar)
        {
            values[path.ToString()] = scalar.Value == "~" ? null : scalar.Value;
        }

        foreach ((string key, YamlNode child) in children)
        {
            int length = path.Length;
            Flatten(child, path.Append(length > 0 ? ":" : "").Append(key), values);
            path.Length = length;
        }
    }
}
