namespace Sluice.Gateway;

/// <summary>A way to find out who calls.</summary>
/// <remarks>Thread safety: any number of requests at a time.</remarks>
internal interface IAuthenticator
{
    /// <summary>Who calls, or why this way cannot say; nothing is written to the response.</summary>
    /// <param name="context">The request, of which the headers count.</param>
    /// <param name="server">The name of the server that is called.</param>
    /// <exception cref="OperationCanceledException">The client went away.</exception>
    ValueTask<AuthenticationResult> AuthenticateAsync(HttpContext context, string server);
}
