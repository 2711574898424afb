namespace Sluice.Configuration;

/// <summary>Reads <c>auth</c>: how callers are known. No message repeats a user, a tenant or a hash.</summary>
internal sealed class AuthReader(FaultList faults)
{
    private const string FailuresField = "failures";
    private const string PublicUrlField = "publicUrl";
    private static readonly string[] Ways = ["apiKeys", "jwt", "trustedProxy"];
    private static readonly string[] Fields = [.. Ways, PublicUrlField, FailuresField];

    /// <summary>How callers are known; of use only when no fault was added.</summary>
    internal AuthConfiguration Read(Node node)
    {
        if (FieldReader.Open(node, "auth", Fields, [], faults) is not FieldReader reader)
        {
            return AuthConfiguration.None;
        }

        AuthConfiguration auth = new()
        {
            ApiKeys = new ApiKeyReader(faults).ReadAll(reader),
            JwtIssuers = new JwtReader(faults).ReadAll(reader),
            TrustedProxy = reader.Node("trustedProxy") is Node proxy
                ? new TrustedProxyReader(faults).Read(proxy, reader.PathOf("trustedProxy"))
                : null,
            PublicUrl = ReadPublicUrl(reader),
            Failures = reader.Node(FailuresField) is Node rate
                && RateReader.Read(rate, reader.PathOf(FailuresField), faults) is Rate failures
                    ? failures
                    : AuthConfiguration.None.Failures,
        };
        if (!Ways.Any(reader.HasAttempt))
        {
            faults.Add(node, "auth", "says no way to know callers. Add apiKeys, jwt or trustedProxy, or remove it.");
        }

        return auth;
    }

    private static Uri? ReadPublicUrl(FieldReader reader)
    {
        if (reader.Scalar(PublicUrlField, required: false, "a URL, such as https://mcp.example.com") is not ScalarNode scalar)
        {
            return null;
        }

        bool isOrigin = Uri.TryCreate(scalar.Value.Trim(), UriKind.Absolute, out Uri? url)
            && (url.Scheme == Uri.UriSchemeHttps || url.Scheme == Uri.UriSchemeHttp)
            && url.Host.Length > 0
            && url.PathAndQuery == "/"
            && url.UserInfo.Length == 0
            && url.Fragment.Length == 0;
        return reader.Accept(
            url,
            isOrigin ? null : "is not where clients reach the gateway. Write scheme, host and port alone, such as https://mcp.example.com.",
            scalar,
            PublicUrlField);
    }
}
