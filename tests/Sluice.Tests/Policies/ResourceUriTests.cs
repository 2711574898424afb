namespace Sluice.Tests;

public sealed class ResourceUriTests
{
    [Theory]
    [InlineData("HTTP://Example.COM/Path", "http://example.com/Path")]
    [InlineData("http://user:PW@Example.com/", "http://user:PW@example.com/")]
    [InlineData("file:///a/./b/../c", "file:///a/c")]
    [InlineData("file:///a/b/..", "file:///a/")]
    [InlineData("file:///a/b/.", "file:///a/b/")]
    [InlineData("file:///../../a", "file:///a")]
    [InlineData("file:///a//b", "file:///a//b")]
    [InlineData("http://h/%7euser/%41%2f%2F", "http://h/~user/A%2F%2F")]
    [InlineData("http://h/%2e%2E/x", "http://h/x")]
    [InlineData("http://H?Q=A/../b", "http://h?Q=A/../b")]
    [InlineData("http://h/a?x=/./y#F/../g", "http://h/a?x=/./y#F/../g")]
    [InlineData("urn:Example:A/../b", "urn:Example:A/../b")]
    [InlineData("URN:a", "urn:a")]
    [InlineData("not a uri", "not a uri")]
    [InlineData("%zz%4", "%zz%4")]
    [InlineData("1http://Host", "1http://Host")]
    [InlineData("", "")]
    [InlineData("http://HOST", "http://host")]
    [InlineData("http://A_B[::F]/X_Y", "http://a_b[::f]/X_Y")]
    [InlineData("x://HOST/A", "x://host/A")]
    [InlineData("Svn+SSH-2.a://HOST/A", "svn+ssh-2.a://host/A")]
    [InlineData("no scheme://HOST/a/../b", "no scheme://HOST/a/../b")]
    [InlineData("s_x://HOST/a/../b", "s_x://HOST/a/../b")]
    [InlineData(":HOST", ":HOST")]
    [InlineData("http://h/a/../b?x=/../y#z", "http://h/b?x=/../y#z")]
    [InlineData("http://h/a/..?x", "http://h/?x")]
    [InlineData("file:///a//b/../c", "file:///a//c")]
    [InlineData("file:////../a", "file:///a")]
    public void Normalize_Uri_FollowsRfc3986Section622(string uri, string normal) => Normalize(uri).ShouldBe(normal);

    [Theory]
    [InlineData("file:///a/b")]
    [InlineData("http://example.com/a/c?x#y")]
    [InlineData("demo://resource/static/document/architecture.md")]
    public void Normalize_NormalForm_StaysAsItIs(string uri) => Normalize(uri).ShouldBe(uri);

    [Fact]
    public void Select_EquivalentUris_MeetOneLimit()
    {
        RateLimitPolicy policy = RateLimitPolicy.Build("s", limits => limits
            .Resource("demo://Host/a", r => r.Shared("1/1m")).Resource("demo://other/*", r => r.Shared("1/1m")));

        Select("DEMO://hOST/b/../%61").ShouldBe("resource:demo://Host/a/shared");
        Select("demo://host/A").ShouldBeNull();
        Select("demo://OTHER/" + new string('x', 5_000)).ShouldBe("resource:demo://other/*/shared");

        string? Select(string uri)
        {
            ApplicableLimits limits = policy.Select("resources/read", uri, CallerIdentity.None);
            return limits.Count == 0 ? null : limits[0].Name;
        }
    }

    private static string Normalize(string uri)
    {
        char[] buffer = new char[uri.Length];
        return new string(buffer, 0, ResourceUri.Normalize(uri, buffer));
    }
}
