using System.Reflection;
using Sluice.AspNetCore;
using Sluice.DependencyInjection;
using Sluice.Redis;

namespace Sluice.ModelContextProtocol.Tests;

/// <summary>Conventions of the public methods of every library that has asynchronous ones.</summary>
public sealed class AsyncMethodTests
{
    private static readonly Type[] OneOfEachLibrary =
        [typeof(IRateLimitStore), typeof(SluiceHttpOptions), typeof(ISluiceBuilder), typeof(McpRateLimitOptions), typeof(RedisStoreOptions)];

    [Fact]
    public void AsyncMethod_OfAnyLibrary_TakesACancellationTokenLast()
    {
        MethodInfo[] methods =
        [
            .. from library in OneOfEachLibrary
               from type in library.Assembly.GetExportedTypes()
               from method in type.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly)
               where method.Name.EndsWith("Async", StringComparison.Ordinal) && method.Name != nameof(IAsyncDisposable.DisposeAsync)
               select method,
        ];

        methods.ShouldNotBeEmpty();
        methods.ShouldAllBe(method => method.GetParameters().Last().ParameterType == typeof(CancellationToken));
    }
}
