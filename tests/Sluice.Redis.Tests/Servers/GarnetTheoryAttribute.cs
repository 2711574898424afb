namespace Sluice.Redis.Tests;

/// <summary>A test of Garnet, skipped where the tests run with another server.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class GarnetTheoryAttribute : TheoryAttribute
{
    public GarnetTheoryAttribute()
    {
        if (!RedisServer.IsGarnet)
        {
            Skip = "The tests run with another server. eng/redis-family.sh runs them with Garnet.";
        }
    }
}
