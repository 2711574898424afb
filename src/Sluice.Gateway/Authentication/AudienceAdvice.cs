using Sluice.Documents;

namespace Sluice.Gateway;

/// <summary>Finds servers whose address cannot be the audience of any token.</summary>
internal static class AudienceAdvice
{
    /// <summary>Null, or a warning about a configuration that is valid.</summary>
    internal static string? For(GatewayConfiguration configuration) =>
        configuration.Auth.JwtIssuers.IsEmpty || configuration.Auth.KnowsResources(configuration.Listen)
            ? null
            : "auth: a token whose audience is the address of a server is rejected, since where clients reach the gateway is not "
                + "known, and MCP clients ask for such tokens. Set auth.publicUrl, unless the issuer gives every token the audience "
                + "of 'auth.jwt.audience'.";
}
