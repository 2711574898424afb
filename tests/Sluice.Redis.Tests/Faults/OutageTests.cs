using System.Globalization;

namespace Sluice.Redis.Tests;

/// <summary>A fault of one server that each class makes.</summary>
public abstract class OneServerOutage : OutageContract, IDisposable
{
    internal RedisServer Server { get; } = RedisServer.Start();

    protected override string Configuration => Server.Configuration;

    public void Dispose()
    {
        Server.Dispose();
        GC.SuppressFinalize(this);
    }
}

/// <summary>kill -9, and a new process without data on the same port.</summary>
public sealed class KilledServerTests : OneServerOutage
{
    protected override bool ForgetsAll => true;

    protected override Task BreakAsync() => Task.Run(Server.Kill);

    protected override Task RepairAsync() => Task.Run(Server.Restart);
}

/// <summary>Not there when the store starts.</summary>
public sealed class AbsentServerTests : OneServerOutage
{
    protected override bool IsAwayAtFirst => true;

    protected override Task BreakAsync() => Task.Run(Server.Kill);

    protected override Task RepairAsync() => Task.Run(Server.Restart);
}

/// <summary>SIGSTOP: the connection stays, and nothing comes back.</summary>
public sealed class FrozenServerTests : OneServerOutage
{
    protected override bool MayChargeLate => true;

    protected override Task BreakAsync() => Task.Run(() => Server.Freeze(isFrozen: true));

    protected override Task RepairAsync() => Task.Run(() => Server.Freeze(isFrozen: false));
}

/// <summary>DEBUG SLEEP: a command that keeps the server busy.</summary>
public sealed class SleepingServerTests : OneServerOutage
{
    private Task _sleep = Task.CompletedTask;

    protected override bool MayChargeLate => true;

    protected override async Task BreakAsync()
    {
        _sleep = Task.Run(() => Server.Send("DEBUG", "SLEEP", "4"));
        await Task.Delay(300); // Until the server has read it, and sleeps.
    }

    protected override Task RepairAsync() => _sleep;
}

/// <summary>The server asks for another password than the store has.</summary>
public sealed class WrongPasswordTests : OneServerOutage
{
    protected override bool IsAwayAtFirst => true;

    protected override string Configuration => $"{Server.Configuration},password=the-old-one";

    protected override Task BreakAsync()
    {
        Server.Send("CONFIG", "SET", "requirepass", "the-new-one").ShouldBe("+OK");
        Server.Password = "the-new-one";
        return Task.CompletedTask;
    }

    protected override Task RepairAsync()
    {
        Server.Send("CONFIG", "SET", "requirepass", "the-old-one").ShouldBe("+OK");
        Server.Password = "the-old-one";
        return Task.CompletedTask;
    }
}

/// <summary>maxmemory is reached and nothing may be evicted: the server reads and does not write.</summary>
public sealed class FullServerTests : OneServerOutage
{
    protected override Task BreakAsync() => Task.Run(() => Server.Send("CONFIG", "SET", "maxmemory", "1").ShouldBe("+OK"));

    protected override Task RepairAsync() => Task.Run(() => Server.Send("CONFIG", "SET", "maxmemory", "0").ShouldBe("+OK"));
}

/// <summary>The server has become a replica, of one that is not there: it answers reads.</summary>
public sealed class ReadOnlyServerTests : OneServerOutage
{
    protected override Task BreakAsync() => Task.Run(() => Server.Send("REPLICAOF", "127.0.0.1", "1").ShouldBe("+OK"));

    protected override Task RepairAsync() => Task.Run(() => Server.Send("REPLICAOF", "NO", "ONE").ShouldBe("+OK"));
}

/// <summary>The server loads its data, and answers every command with LOADING.</summary>
public sealed class LoadingServerTests : OneServerOutage
{
    private const int Keys = 400;
    private const int MicrosOfKey = 10_000;
    private Task _loading = Task.CompletedTask;

    protected override async Task BreakAsync()
    {
        for (int key = 0; key < Keys; key++)
        {
            Server.Send("SET", $"filler-{key.ToString(CultureInfo.InvariantCulture)}", new string('x', 1_100)).ShouldBe("+OK");
        }

        Server.Send("CONFIG", "SET", "key-load-delay", MicrosOfKey.ToString(CultureInfo.InvariantCulture)).ShouldBe("+OK");
        Server.Send("CONFIG", "SET", "loading-process-events-interval-bytes", "1024").ShouldBe("+OK");
        Server.Send("CONFIG", "SET", "rdbcompression", "no").ShouldBe("+OK");
        _loading = Task.Run(() => Server.Send("DEBUG", "RELOAD").ShouldBe("+OK"));
        await Task.Delay(300); // Until the server has begun.
        Server.Send("PING").ShouldStartWith("-LOADING");
    }

    protected override Task RepairAsync() => _loading;
}

/// <summary>Bytes vanish on the way, and the connection never ends: only a new one helps.</summary>
public sealed class HalfOpenConnectionTests : OneServerOutage
{
    private SwallowingProxy? _proxy;

    protected override bool MayChargeLate => false;

    protected override string Configuration => Proxy.Configuration;

    private SwallowingProxy Proxy => _proxy ??= new SwallowingProxy(Server.Port);

    protected override Task BreakAsync()
    {
        Proxy.Swallow();
        return Task.CompletedTask;
    }

    protected override Task RepairAsync()
    {
        Proxy.Pass();
        return Task.CompletedTask;
    }
}
