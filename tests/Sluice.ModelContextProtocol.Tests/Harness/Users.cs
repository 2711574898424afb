using System.Security.Claims;
using Microsoft.Extensions.DependencyInjection;

namespace Sluice.ModelContextProtocol.Tests;

/// <summary>Verified users, as a host's authentication would give them.</summary>
internal static class Users
{
    internal static ClaimsPrincipal Named(string subject, params IEnumerable<Claim> claims) =>
        new(new ClaimsIdentity([new Claim("iss", "https://login.example.com"), new Claim("sub", subject), .. claims], "test"));

    /// <summary>Every message comes from the user that <paramref name="current"/> gives.</summary>
    internal static IMcpServerBuilder AuthenticatedAs(this IMcpServerBuilder builder, Func<ClaimsPrincipal?> current) =>
        builder.WithMessageFilters(filters => filters.AddIncomingFilter(next => (context, stop) =>
        {
            context.User = current();
            return next(context, stop);
        }));
}
