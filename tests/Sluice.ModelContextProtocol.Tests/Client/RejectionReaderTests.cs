using System.Net;

namespace Sluice.ModelContextProtocol.Tests;

public sealed class RejectionReaderTests
{
    private const string Said = "Response status code does not indicate success: ";
    private const string Rejection =
        """{"jsonrpc":"2.0","id":7,"error":{"code":429,"message":"m","data":{"retryAfterMs":1400,"limit":"perUser"}}}""";

    private const string Unavailable = """{"jsonrpc":"2.0","id":7,"error":{"code":503,"message":"m","data":{"retryAfterMs":1000}}}""";

    [Theory]
    [InlineData(HttpStatusCode.TooManyRequests, Rejection, 1400)]
    [InlineData(HttpStatusCode.ServiceUnavailable, Unavailable, 1000)]
    public void WaitOf_HttpErrorThatQuotesARejection_IsItsWait(HttpStatusCode status, string body, int milliseconds) =>
        RejectionReader.WaitOf(new HttpRequestException(Said + body, null, status)).ShouldBe(TimeSpan.FromMilliseconds(milliseconds));

    [Theory]
    [InlineData(HttpStatusCode.BadGateway, Rejection)]
    [InlineData(HttpStatusCode.TooManyRequests, "slow down")]
    [InlineData(HttpStatusCode.TooManyRequests, "{ cut o")]
    [InlineData(HttpStatusCode.TooManyRequests, """{"error":{"code":429,"message":"m","data":{"retryAfterMs":5}}}""")]
    public void WaitOf_HttpErrorThatMayHaveRun_IsNone(HttpStatusCode status, string body) =>
        RejectionReader.WaitOf(new HttpRequestException(Said + body, null, status)).ShouldBeNull();

    [Fact]
    public void WaitOf_LostConnection_IsNone() =>
        RejectionReader.WaitOf(new HttpRequestException(Said + Rejection)).ShouldBeNull();
}
