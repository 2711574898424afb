namespace Sluice.Configuration.Tests;

/// <summary>Where Redis is: what a file may say, and what it becomes.</summary>
public sealed class StoreAddressTests
{
    private static readonly FixedValues Values = new()
    {
        Variables =
        {
            ["PASSWORD"] = " pa,ssl=true@%41 ",
            ["URL"] = "rediss://u:p%2Fw@cache.example.com:6380/1",
            ["SERVERS"] = "a:1,b:2",
            ["OPTIONS"] = "a:1,ssl=true",
        },
    };

    [Theory]
    [InlineData("a:1,password=${PASSWORD}", "a:1", null, " pa,ssl=true@%41 ")]
    [InlineData("redis://${SERVERS:-}:${PASSWORD}@a:1", "a:1,ssl=false", "a:1,b:2", " pa,ssl=true@%41 ")]
    [InlineData("${URL}", "cache.example.com:6380,ssl=true", "u", "p/w")]
    [InlineData(" ${URL} ", "cache.example.com:6380,ssl=true", "u", "p/w")]
    [InlineData("${SERVERS},ssl=true", "a:1,b:2,ssl=true", null, null)]
    [InlineData("a, b:2 ,user = me", "a,b:2", "me", null)]
    [InlineData("[::1]:7000", "[::1]:7000", null, null)]
    [InlineData("redis://[::1]", "[::1]:6379,ssl=false", null, null)]
    [InlineData("!/run/redis.sock", "!/run/redis.sock", null, null)]
    [InlineData("a:26379,serviceName=primary,sentinelPassword=x", "a:26379,serviceName=primary,sentinelPassword=x", null, null)]
    public void Read_AddressInAnyForm_IsItsParts(string redis, string text, string? user, string? password)
    {
        StoreConfiguration store = Read($"redis: \"{redis}\"");

        (store.Redis, store.User, store.Password).ShouldBe((text, user, password));
    }

    [Fact]
    public void Read_FieldsOfTheirOwn_AreTakenAsTheyAre()
    {
        StoreConfiguration store = Read("redis: a:1, user: me, password: \"${PASSWORD}\", database: 3");

        (store.Redis, store.User, store.Password, store.Database).ShouldBe(("a:1", "me", " pa,ssl=true@%41 ", 3));
    }

    [Theory]
    [InlineData("a:1;b:2", "part 1 is neither a server nor an option")]
    [InlineData("a:99999", "part 1 is neither a server nor an option")]
    [InlineData("a:0", "part 1 is neither a server nor an option")]
    [InlineData("a:1,nonsense=1", "'nonsense' is not an option. Known: ")]
    [InlineData("a:1,conectTimeout=1", "'conectTimeout' is not an option. Did you mean 'connectTimeout'?")]
    [InlineData("a:1,connectTimeout=soon", "the value of 'connectTimeout' is not a whole number from 1.")]
    [InlineData("a:1,ssl=yes", "the value of 'ssl' is not true or false.")]
    [InlineData("a:1,ssl=true,SSL=true", "'ssl' is there twice")]
    [InlineData("a:1,password=x,y", "part 3 is a server behind options")]
    [InlineData("${OPTIONS},name=x", "part 1 is neither a server nor an option")]
    [InlineData("name=x", "names no server")]
    [InlineData("http://a:1", "'http' is not a scheme of Redis")]
    [InlineData("redis+sentinel://a:1/primary", "'redis+sentinel' is not a scheme of Redis")]
    [InlineData("redis://u:p@a:1/x", "is not the number of a database")]
    [InlineData("redis://u:p/w@a:1", "Percent-encode")]
    [InlineData("redis://u:p%zz@a:1", "an escape in the user name or the password is wrong")]
    [InlineData("redis://", "is not a server")]
    [InlineData("redis://a:1?x", "an option behind '?' is not name=value")]
    [InlineData("redis://a:1#x", "no fragment")]
    public void Read_AddressThatIsNone_IsAFaultWithItsPlace(string redis, string why)
    {
        Fault fault = ReadFile($"redis: \"{redis}\"").Faults.ShouldHaveSingleItem();

        (fault.Path, fault.Line).ShouldBe(("store.redis", 1));
        fault.Message.ShouldContain(why);
    }

    [Theory]
    [InlineData("user: me", "redis://me:x@a:1", "store.user")]
    [InlineData("password: x", "a:1,password=x", "store.password")]
    [InlineData("database: 1", "redis://a:1/0", "store.database")]
    public void Read_SaidTwice_IsAFaultOfTheField(string field, string redis, string path)
    {
        Fault fault = ReadFile($"redis: \"{redis}\", {field}").Faults.ShouldHaveSingleItem();

        (fault.Path, fault.Message).ShouldBe((path, "is in 'redis' too. Keep one of the two."));
    }

    [Fact]
    public void Read_AuthorityWithoutTls_IsAFault()
    {
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, Authority());
            ReadFile($"redis: a:1, certificateAuthority: {path}").Faults.ShouldBeEmpty();
            ReadFile($"redis: \"redis://a:1\", certificateAuthority: {path}").Faults.ShouldHaveSingleItem().Message.ShouldStartWith("is for TLS");
            File.WriteAllText(path, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
            Fault broken = ReadFile($"redis: a:1, certificateAuthority: {path}").Faults.ShouldHaveSingleItem();
            (broken.Path, broken.Message.Contains("cannot be read", StringComparison.Ordinal)).ShouldBe(("store.certificateAuthority", true));
        }
        finally
        {
            File.Delete(path);
        }

        ReadFile("redis: a:1, certificateAuthority: /nowhere/ca.pem").Faults.ShouldHaveSingleItem().Path.ShouldBe("store.certificateAuthority");
    }

    private static string Authority()
    {
        using System.Security.Cryptography.ECDsa key = System.Security.Cryptography.ECDsa.Create();
        System.Security.Cryptography.X509Certificates.CertificateRequest request =
            new("CN=tests", key, System.Security.Cryptography.HashAlgorithmName.SHA256);
        using System.Security.Cryptography.X509Certificates.X509Certificate2 certificate =
            request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100));
        return certificate.ExportCertificatePem();
    }

    private static StoreConfiguration Read(string fields)
    {
        GatewayFileResult result = ReadFile(fields);
        result.Faults.ShouldBeEmpty();
        return result.Configuration!.Store;
    }

    private static GatewayFileResult ReadFile(string fields) => GatewayFile.Parse(
        $$"""
        store: { {{fields}} }
        servers:
          - { name: a, upstream: "http://127.0.0.1:1/mcp", rateLimiting: { shared: 1/s } }
        """,
        "f",
        Values);
}
