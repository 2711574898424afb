namespace Sluice.Gateway;

/// <summary>Several ways to find out who calls: the first that finds credentials of its kind decides.</summary>
/// <remarks>Thread safety: as safe as its ways.</remarks>
/// <param name="ways">The ways, in order.</param>
/// <param name="nothingSent">What to say to a request that carries nothing for any of them: what is missing, and what to send.</param>
internal sealed class AuthenticatorChain(IAuthenticator[] ways, string nothingSent) : IAuthenticator
{
    public async ValueTask<AuthenticationResult> AuthenticateAsync(HttpContext context)
    {
        foreach (IAuthenticator way in ways)
        {
            AuthenticationResult result = await way.AuthenticateAsync(context);
            if (result.Outcome != AuthenticationOutcome.NoCredentials)
            {
                return result;
            }
        }

        return AuthenticationResult.NoCredentials(nothingSent);
    }
}
