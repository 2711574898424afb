namespace Sluice.Documents;

/// <summary>Reads <c>auth</c>: how callers are known. No message repeats a user, a tenant or a hash.</summary>
internal sealed class AuthReader(FaultList faults, IValueSource values, DocumentContent content)
{
    private const string FailuresField = "failures";
    private const string PublicUrlField = "publicUrl";
    private const string OriginsField = "origins";
    private const string AnonymousField = "anonymous";
    private const string UserHeaderField = "userHeader";
    private static readonly string[] Ways = ["apiKeys", "jwt", "trustedProxy"];

    // What a gateway uses without knowing its callers.
    private static readonly string[] Addresses = [PublicUrlField, OriginsField];
    internal static readonly FieldTable Table = new(
        new FieldSpec("apiKeys", ApiKeysReader.Value),
        new("jwt", JwtReader.Value),
        new("trustedProxy", new GroupSpec(() => TrustedProxyReader.Table)),
        new(PublicUrlField, new TextSpec(int.MaxValue, @"^\s*[hH][tT][tT][pP][sS]?://[^?#]+$")),
        new(OriginsField, new TextsSpec(new TextSpec())),
        new(FailuresField, RateReader.Value),
        new(AnonymousField, new BooleanSpec()))
    {
        OneOf = [.. Ways.Concat(Addresses).Select(field => (string[])[field])],
    };

    private readonly JwtReader _jwt = new(faults, content);

    /// <summary>How callers are identified; valid only when no fault was added.</summary>
    internal AuthConfiguration Read(Node node)
    {
        if (FieldReader.Open(node, "auth", Table, faults) is not FieldReader reader)
        {
            return AuthConfiguration.None;
        }

        int before = faults.Count;
        AuthConfiguration auth = new()
        {
            ApiKeys = new ApiKeysReader(faults, values, content).ReadAll(reader),
            JwtIssuers = _jwt.ReadAll(reader),
            TrustedProxy = reader.Node("trustedProxy") is Node proxy
                ? new TrustedProxyReader(faults).Read(proxy, reader.PathOf("trustedProxy"))
                : null,
            PublicUrl = ReadPublicUrl(reader),
            Origins = OriginReader.ReadAll(reader, OriginsField),
            Failures = reader.Node(FailuresField) is Node rate
                && RateReader.Read(rate, reader.PathOf(FailuresField), faults) is Rate failures
                    ? failures
                    : AuthConfiguration.None.Failures,
            AllowsAnonymous = reader.Boolean(AnonymousField),
        };
        if (!Ways.Any(reader.HasAttempt) && !Addresses.Any(reader.HasAttempt))
        {
            faults.Add(node, "auth", "has no way to identify callers. Add apiKeys, jwt or trustedProxy, or remove it.");
        }
        else if (reader.Has(AnonymousField) && faults.Count == before && !auth.IdentifiesCallers)
        {
            faults.Add(
                reader.Node(AnonymousField)!,
                reader.PathOf(AnonymousField),
                "has no effect, since no caller is asked for credentials. "
                    + $"Add apiKeys, jwt or trustedProxy.{UserHeaderField}, or remove it.");
        }

        return auth;
    }

    /// <summary>
    /// Adds a fault for each issuer whose tokens could be for no server, since the gateway does not know its own address.
    /// </summary>
    /// <param name="auth">How callers are identified.</param>
    /// <param name="listen">Where the gateway listens.</param>
    internal void CheckAudiences(AuthConfiguration auth, Uri listen)
    {
        if (auth.KnowsResources(listen))
        {
            return;
        }

        foreach ((Node item, string path) in _jwt.WithoutAudience)
        {
            faults.Add(
                item,
                path,
                "names no audience, and where clients reach the gateway is not known, so that no token could be for it. Add "
                    + "auth.publicUrl (tokens are then for the address of the server that is called), or 'audience'.");
        }
    }

    private static Uri? ReadPublicUrl(FieldReader reader)
    {
        if (reader.Scalar(PublicUrlField, "a URL, such as https://mcp.example.com") is not ScalarNode scalar)
        {
            return null;
        }

        string text = scalar.Value.Trim();
        bool isAddress = Uri.TryCreate(text, UriKind.Absolute, out Uri? url)
            && (url.Scheme == Uri.UriSchemeHttps || url.Scheme == Uri.UriSchemeHttp)
            && url.Host.Length > 0
            && url.Query.Length == 0
            && url.UserInfo.Length == 0
            && url.Fragment.Length == 0
            && !text.Contains('?')
            && !text.Contains('#')
            && (url.AbsolutePath == "/" || ServerReader.IsPath(url.AbsolutePath.TrimEnd('/')));
        return reader.Accept(
            url,
            isAddress
                ? null
                : "is not where clients reach the gateway. Write scheme, host, port and an optional path, such as https://mcp.example.com.",
            scalar,
            PublicUrlField);
    }
}
