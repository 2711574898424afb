namespace Sluice.Redis.Tests;

public sealed class ClientConfigurationTests
{
    [Theory]
    [InlineData("host:6379,user=me,password=secret", "'user' is not possible here: user names (ACL) need StackExchange.Redis 2.1.0 or newer")]
    [InlineData("host:6379,serviceName=primary", "'serviceName' is not possible here: finding the primary through Sentinel")]
    [InlineData("host:6379,passwort=secret", "StackExchange.Redis cannot read it")]
    [InlineData("", "it is empty")]
    [InlineData("ssl=true", "it names no server")]
    public void Of_WhatTheClientCannotDo_IsRefusedWithoutTellingSecrets(string configuration, string why)
    {
        ArgumentException fault =
            Should.Throw<ArgumentException>(() => RedisStore.Connect(new RedisStoreOptions { Configuration = configuration }));

        fault.Message.ShouldContain(why);
        fault.Message.ShouldNotContain("secret");
    }

    [Theory]
    [InlineData("/nowhere/ca.pem", "cannot be read as certificates in PEM")]
    [InlineData("/dev/null", "holds no certificate")]
    public void Of_AuthorityThatIsNone_IsRefused(string path, string why) =>
        Should.Throw<ArgumentException>(() => RedisStore.Connect(
                new RedisStoreOptions { Configuration = "127.0.0.1:1", CertificateAuthority = path }))
            .Message.ShouldContain(why);

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

    [Fact]
    public void Options_Defaults_AreAsDocumented()
    {
        RedisStoreOptions options = new();

        options.Configuration.ShouldBeEmpty();
        options.CertificateAuthority.ShouldBeNull();
        options.KeyPrefix.ShouldBe("sluice");
        options.Timeout.ShouldBe(TimeSpan.FromMilliseconds(50));
        options.RememberRefusals.ShouldBe(TimeSpan.FromSeconds(1));
        options.Coalesce.ShouldBeTrue();
        options.Layout.ShouldBe(RedisKeyLayout.Compact);
        options.LocalMaxKeys.ShouldBe(1_000_000);
    }
}
