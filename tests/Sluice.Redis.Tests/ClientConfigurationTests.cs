using System.Net;
using Sluice.Configuration;
using StackExchange.Redis;

namespace Sluice.Redis.Tests;

public sealed class ClientConfigurationTests
{
    [Theory]
    [InlineData("host:6379,passwort=secret", "'passwort' is not an option. Did you mean 'password'?")]
    [InlineData("host:6379,password=secret,secret", "part 3 is a server behind options")]
    [InlineData("host:6379,password=x,secret=1", "part 3 is not an option")]
    [InlineData("", "is empty")]
    [InlineData("ssl=true", "names no server")]
    [InlineData("redis://secret@host", "names a user and no password")]
    public void Connect_AddressThatIsNone_NamesThePartAndNoSecret(string configuration, string why)
    {
        ArgumentException fault =
            Should.Throw<ArgumentException>(() => RedisStore.Connect(new RedisStoreOptions { Configuration = configuration }));

        fault.Message.ShouldContain("Configuration: ");
        fault.Message.ShouldContain(why);
        fault.Message.ShouldNotContain("secret");
    }

    [Theory]
    [InlineData("redis://127.0.0.1", "127.0.0.1:6379", false, null, null, null)]
    [InlineData("rediss://:p%40ss@cache.example.com:6380/3", "cache.example.com:6380", true, null, "p@ss", 3)]
    [InlineData("valkeys://default:pw@cache.example.com:6380", "cache.example.com:6380", true, "default", "pw", null)]
    [InlineData("cache.example.com:6380,password=a=b=,ssl=True,abortConnect=False", "cache.example.com:6380", true, null, "a=b=", null)]
    [InlineData("a:1,b:2,user=me,password=x,defaultDatabase=4", "a:1,b:2", false, "me", "x", 4)]
    [InlineData("redis://u:p@a:1,b:2/0?connectTimeout=700", "a:1,b:2", false, "u", "p", 0)]
    public void Of_AddressInAnyForm_IsUnderstoodByTheClient(
        string configuration, string servers, bool isEncrypted, string? user, string? password, int? database)
    {
        ConfigurationOptions client = ClientConfiguration.Of(new RedisStoreOptions { Configuration = configuration });

        string.Join(',', client.EndPoints.Select(Format)).ShouldBe(servers);
        (client.Ssl, client.User, client.Password, client.DefaultDatabase).ShouldBe((isEncrypted, user, password, database));
        client.BacklogPolicy.QueueWhileDisconnected.ShouldBeFalse();
        client.AbortOnConnectFail.ShouldBeFalse();

        static string Format(EndPoint place) => place is DnsEndPoint name ? $"{name.Host}:{name.Port}" : place.ToString()!;
    }

    /// <summary>What the reader of addresses accepts must not fail in the client, or a file would be valid and not run.</summary>
    [Fact]
    public void Of_EveryOptionThatTheReaderKnows_IsAcceptedByTheClient()
    {
        foreach (string option in RedisOptions.Names.Append("$EVALSHA"))
        {
            string[] values = [.. ((string[])["true", "FALSE", "-1", "0", "1", "2147483647", "resp3", "tls12|tls13", "7", "7.0.15", "text", ""])
                .Where(value => RedisOptions.WhyNot(option, value) is null)];
            values.ShouldNotBeEmpty(option);
            foreach (string value in values)
            {
                Should.NotThrow(() => ClientConfiguration.Of(new RedisStoreOptions { Configuration = $"host:1,{option}={value}" }), $"{option}={value}");
            }
        }
    }

    [Fact]
    public void Of_FieldsOfTheirOwn_AreTakenAsTheyAre()
    {
        ConfigurationOptions client = ClientConfiguration.Of(
            new RedisStoreOptions { Configuration = "host:1", User = "a,b", Password = " pa,ssl=true% ", Database = 2 });

        (client.User, client.Password, client.DefaultDatabase, client.Ssl).ShouldBe(("a,b", " pa,ssl=true% ", 2, false));
    }

    [Theory]
    [InlineData("redis://u:p@host/1", "User")]
    [InlineData("host,password=p", "Password")]
    [InlineData("redis://host/1", "Database")]
    public void Connect_SaidTwice_IsRejectedByName(string configuration, string field) =>
        Should.Throw<ArgumentException>(() => RedisStore.Connect(
                new RedisStoreOptions { Configuration = configuration, User = "u", Password = "p", Database = 1 }))
            .Message.ShouldStartWith(field + ": is in Configuration too");

    [Theory]
    [InlineData("/nowhere/ca.pem", "cannot be read as certificates in PEM")]
    [InlineData("/dev/null", "holds no certificate")]
    public void Connect_AuthorityThatIsNone_IsRejected(string path, string why) =>
        Should.Throw<ArgumentException>(() => RedisStore.Connect(
                new RedisStoreOptions { Configuration = "127.0.0.1:1", CertificateAuthority = path }))
            .Message.ShouldContain(why);

    [Theory]
    [InlineData("127.0.0.1:1", true)]
    [InlineData("127.0.0.1:1,ssl=true", true)]
    [InlineData("127.0.0.1:1,ssl=false", false)]
    [InlineData("redis://127.0.0.1:1", false)]
    public void Of_Authority_TurnsTlsOnOrIsRejected(string configuration, bool isAccepted)
    {
        RedisStoreOptions options = new() { Configuration = configuration, CertificateAuthority = TlsRedisServer.Shared.Value.AuthorityPath };

        if (isAccepted)
        {
            ClientConfiguration.Of(options).Ssl.ShouldBeTrue();
        }
        else
        {
            Should.Throw<ArgumentException>(() => ClientConfiguration.Of(options)).Message.ShouldContain("is for TLS");
        }
    }

    [Fact]
    public void Connect_OptionsOutsideTheirRanges_NamesAllOfThem()
    {
        RedisStoreOptions options = new()
        {
            Configuration = "127.0.0.1:1",
            KeyPrefix = "{",
            Timeout = TimeSpan.FromTicks(1),
            RememberRefusals = TimeSpan.FromTicks(-1),
            Layout = (RedisKeyLayout)7,
            LocalMaxKeys = 0,
        };

        string message = Should.Throw<ArgumentException>(() => RedisStore.Connect(options)).Message;

        foreach (string name in (string[])["KeyPrefix", "Timeout", "RememberRefusals", "Layout", "LocalMaxKeys"])
        {
            message.ShouldContain(name + ":");
        }
    }

    // The client's timeout is by the clock alone: answers that had arrived lost against one of 500 ms on a busy machine. Four of them
    // pass before a dead connection is replaced, which must be before the process has lost its heartbeat.
    [Fact]
    public void Of_Timeout_IsLongerThanACallIsWaitedForAndKeepsTheHeartbeat()
    {
        TimeSpan timeout = TimeSpan.FromMilliseconds(ClientConfiguration.Of(new RedisStoreOptions { Configuration = "127.0.0.1:1" }).AsyncTimeout);

        timeout.ShouldBeGreaterThan(2 * (1 + PacedClock.MostTimeouts) * new RedisStoreOptions().Timeout);
        (4 * timeout).ShouldBeLessThan(HeartbeatTimes.Trust - HeartbeatTimes.Interval);
    }

    [Fact]
    public void Options_Defaults_AreAsDocumented()
    {
        RedisStoreOptions options = new();

        options.Configuration.ShouldBeEmpty();
        (options.User, options.Password, options.Database).ShouldBe((null, null, null));
        options.CertificateAuthority.ShouldBeNull();
        options.KeyPrefix.ShouldBe("sluice");
        options.Timeout.ShouldBe(TimeSpan.FromMilliseconds(50));
        options.RememberRefusals.ShouldBe(TimeSpan.FromSeconds(1));
        options.Coalesce.ShouldBeTrue();
        options.Layout.ShouldBe(RedisKeyLayout.Compact);
        options.LocalMaxKeys.ShouldBe(1_000_000);
    }
}
