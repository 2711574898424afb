namespace Sluice.Gateway;

/// <summary>Several ways to find out who calls: the first that finds credentials of its kind decides.</summary>
/// <remarks>Thread safety: as safe as its ways.</remarks>
/// <param name="ways">The ways, in order.</param>
/// <param name="limiter">Counts credentials that are wrong.</param>
/// <param name="nothingSent">What to say to a request that carries nothing for any of them: what is missing, and what to send.</param>
/// <param name="servesAnonymous">Whether a caller without credentials is served, without an identity.</param>
internal sealed class AuthenticatorChain(
    IAuthenticator[] ways, WrongCredentialLimiter limiter, string nothingSent, bool servesAnonymous) : IAuthenticator
{
    public async ValueTask<AuthenticationResult> AuthenticateAsync(HttpContext context, string server)
    {
        foreach (IAuthenticator way in ways)
        {
            AuthenticationResult result = await way.AuthenticateAsync(context, server);
            if (result.Outcome != AuthenticationOutcome.NoCredentials)
            {
                return limiter.Count(context, result);
            }
        }

        // Credentials that cannot be read are wrong: their sender believes to be known.
        return !servesAnonymous ? AuthenticationResult.NoCredentials(nothingSent)
            : context.Request.Headers.Authorization.Count > 0
                ? AuthenticationResult.Failed(
                    "the header Authorization holds no credentials that are accepted here. Remove it to call without an identity")
            : AuthenticationResult.Anonymous;
    }
}
