using System.IO.Compression;
using System.IO.Pipelines;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace Sluice.ModelContextProtocol.Tests;

public sealed class RateLimitRetryHandlerTests
{
    private const string Rejection =
        """{"jsonrpc":"2.0","id":7,"error":{"code":429,"message":"m","data":{"retryAfterSeconds":2,"retryAfterMs":1400,"limitType":"perUser","limit":"perUser","maxTokens":10,"remaining":0}}}""";

    private const string Unavailable =
        """{"jsonrpc":"2.0","id":7,"error":{"code":503,"message":"m","data":{"retryAfterSeconds":1,"retryAfterMs":1000}}}""";

    private const string Result = """{"jsonrpc":"2.0","id":7,"result":{}}""";

    [Theory]
    [InlineData(HttpStatusCode.TooManyRequests, Rejection, 1400)]
    [InlineData(HttpStatusCode.OK, Rejection, 1400)]
    [InlineData(HttpStatusCode.OK, "event: message\ndata: " + Rejection + "\n\n", 1400)]
    [InlineData(HttpStatusCode.ServiceUnavailable, Unavailable, 1000)]
    public async Task Send_Refused_WaitsAsAskedAndSendsTheSameBytesAgain(HttpStatusCode status, string body, int milliseconds)
    {
        WaitingClock clock = new();
        Answers answers = new(Answer(status, body), Answer(HttpStatusCode.OK, Result, retryAfter: false));

        (HttpStatusCode seen, string text) = await PostAsync(answers, new RateLimitRetryOptions { Time = clock });

        (seen, text).ShouldBe((HttpStatusCode.OK, Result));
        answers.Bodies.ShouldBe(["call", "call"]);
        clock.Waits.ShouldHaveSingleItem().TotalMilliseconds.ShouldBeInRange(milliseconds, milliseconds * 1.1);
    }

    [Theory]
    [InlineData(HttpStatusCode.TooManyRequests, "slow down", true)]
    [InlineData(HttpStatusCode.TooManyRequests, Rejection, false)]
    [InlineData(HttpStatusCode.TooManyRequests, Result, true)]
    [InlineData(HttpStatusCode.BadGateway, Rejection, true)]
    [InlineData(HttpStatusCode.InternalServerError, Rejection, true)]
    [InlineData(HttpStatusCode.OK, """{"jsonrpc":"2.0","id":7,"error":{"code":429,"message":"m","data":{"retryAfterMs":5}}}""", true)]
    [InlineData(HttpStatusCode.OK, """{"jsonrpc":"2.0","id":7,"result":{"error":{"data":{"limit":"x","retryAfterMs":5}}}}""", true)]
    [InlineData(HttpStatusCode.OK, """{"jsonrpc":"2.0","id":7,"error":{"code":429,"message":"m","data":{"limit":"x","retryAfterMs":-5}}}""", true)]
    public async Task Send_AnsweredByWhatMayHaveRun_IsNotSentAgain(HttpStatusCode status, string body, bool retryAfter)
    {
        Answers answers = new(Answer(status, body, retryAfter));

        (HttpStatusCode seen, string text) = await PostAsync(answers, new RateLimitRetryOptions { Time = new WaitingClock() });

        (seen, text).ShouldBe((status, body));
        answers.Bodies.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Send_RejectedWithoutAContentLength_WaitsAndSendsAgain()
    {
        WaitingClock clock = new();
        HttpResponseMessage rejection = Answer(HttpStatusCode.TooManyRequests, Rejection);
        rejection.Content = new UnknownLengthContent(Rejection, "application/json");
        Answers answers = new(rejection, Answer(HttpStatusCode.OK, Result, retryAfter: false));

        (HttpStatusCode seen, string text) = await PostAsync(answers, new RateLimitRetryOptions { Time = clock });

        (seen, text).ShouldBe((HttpStatusCode.OK, Result));
        clock.Waits.ShouldHaveSingleItem().TotalMilliseconds.ShouldBeInRange(1400, 1540);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Send_RejectedOverHttpInChunks_WaitsAndSendsAgain(bool isCompressed)
    {
        WaitingClock clock = new();
        int posts = 0;
        await using WebApplication app = await StartAsync(async context =>
        {
            byte[] body = Encoding.UTF8.GetBytes(posts++ == 0 ? Rejection : Result);
            context.Response.StatusCode = posts == 1 ? 429 : 200;
            context.Response.ContentType = "application/json";
            context.Response.Headers.RetryAfter = "2";
            context.Response.Headers.ContentEncoding = isCompressed ? "gzip" : default(Microsoft.Extensions.Primitives.StringValues);
            await using Stream target = isCompressed ? new GZipStream(context.Response.Body, CompressionLevel.Fastest) : context.Response.Body;
            await target.WriteAsync(body.AsMemory(0, 10));
            await target.FlushAsync();
            await target.WriteAsync(body.AsMemory(10));
        });
        using HttpClient client = new(new RateLimitRetryHandler(
            new SocketsHttpHandler { AutomaticDecompression = DecompressionMethods.All }, new RateLimitRetryOptions { Time = clock }));

        using HttpResponseMessage response = await client.PostAsync(new Uri(app.Urls.First()), new StringContent("call"));

        (response.StatusCode, await response.Content.ReadAsStringAsync()).ShouldBe((HttpStatusCode.OK, Result));
        clock.Waits.ShouldHaveSingleItem().TotalMilliseconds.ShouldBeInRange(1400, 1540);
    }

    [Theory]
    [InlineData(Result)]
    [InlineData(Rejection + "   ")]
    public async Task Send_AnsweredWithoutAContentLength_GivesTheWholeBodyWithItsHeaders(string body)
    {
        HttpResponseMessage answer = Answer(HttpStatusCode.OK, Result);
        answer.Content = new UnknownLengthContent(body, "application/json");
        answer.Content.Headers.ContentLanguage.Add("de");
        using HttpClient client = new(new RateLimitRetryHandler(new Answers(answer), new RateLimitRetryOptions { MaxTotalWait = TimeSpan.FromTicks(1) }));

        using HttpResponseMessage response = await client.PostAsync(new Uri("http://server.test/mcp"), new StringContent("call"));

        (await response.Content.ReadAsStringAsync()).ShouldBe(body);
        response.Content.Headers.ContentType!.MediaType.ShouldBe("application/json");
        response.Content.Headers.ContentLanguage.ShouldBe(["de"]);
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(1, false)]
    public async Task Send_RejectionAtTheBoundOf64KiB_IsReadUpToIt(int beyond, bool isRetried)
    {
        string rejection = Rejection + new string(' ', (64 * 1024) - Rejection.Length + beyond);
        HttpResponseMessage first = Answer(HttpStatusCode.TooManyRequests, "");
        first.Content = new UnknownLengthContent(rejection, "application/json");
        Answers answers = new(first, Answer(HttpStatusCode.OK, Result, retryAfter: false));

        (_, string text) = await PostAsync(answers, new RateLimitRetryOptions { Time = new WaitingClock() });

        text.ShouldBe(isRetried ? Result : rejection);
    }

    [Fact]
    public async Task Send_AnsweredWithAnEventStream_HandsItOnBeforeItsFirstByte()
    {
        Pipe events = new();
        HttpResponseMessage answer = Answer(HttpStatusCode.OK, "");
        answer.Content = new StreamContent(events.Reader.AsStream());
        answer.Content.Headers.ContentType = new("text/event-stream");
        using HttpClient client = new(new RateLimitRetryHandler(new Answers(answer)));
        using HttpRequestMessage request = new(HttpMethod.Post, "http://server.test/mcp") { Content = new StringContent("call") };

        using HttpResponseMessage response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);

        await events.Writer.WriteAsync("data: 1\n\n"u8.ToArray());
        byte[] buffer = new byte[100];
        (await (await response.Content.ReadAsStreamAsync()).ReadAsync(buffer)).ShouldBe(9);
    }

    [Fact]
    public async Task Send_BodyThatBreaksOff_IsAnErrorOfHttpAndNotSentAgain()
    {
        Pipe body = new();
        await body.Writer.WriteAsync("{"u8.ToArray());
        await body.Writer.CompleteAsync(new IOException("reset"));
        HttpResponseMessage answer = Answer(HttpStatusCode.TooManyRequests, "");
        answer.Content = new StreamContent(body.Reader.AsStream());
        Answers answers = new(answer, Answer(HttpStatusCode.OK, Result));

        await Should.ThrowAsync<HttpRequestException>(() => PostAsync(answers, new RateLimitRetryOptions()));

        answers.Bodies.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Send_ThatFails_IsNotSentAgain()
    {
        Answers answers = new();

        await Should.ThrowAsync<HttpRequestException>(() => PostAsync(answers, new RateLimitRetryOptions()));

        answers.Bodies.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Send_RefusedForEver_EndsAfterTheRetriesWithTheLastRejection()
    {
        Answers answers = new([.. Enumerable.Range(0, 10).Select(_ => Answer(HttpStatusCode.TooManyRequests, Rejection))]);

        (HttpStatusCode seen, string text) = await PostAsync(
            answers, new RateLimitRetryOptions { MaxRetries = 2, Time = new WaitingClock() });

        (seen, text).ShouldBe((HttpStatusCode.TooManyRequests, Rejection));
        answers.Bodies.Count.ShouldBe(3);
    }

    [Fact]
    public async Task Send_AWaitBeyondTheTotal_IsHandedOnAtOnce()
    {
        WaitingClock clock = new();
        Answers answers = new([.. Enumerable.Range(0, 10).Select(_ => Answer(HttpStatusCode.TooManyRequests, Rejection))]);

        await PostAsync(answers, new RateLimitRetryOptions { MaxTotalWait = TimeSpan.FromSeconds(3), Jitter = 1, Time = clock });

        clock.Waits.Aggregate(TimeSpan.Zero, (sum, wait) => sum + wait).ShouldBeLessThanOrEqualTo(TimeSpan.FromSeconds(3));
        clock.Waits.ShouldAllBe(wait => wait >= TimeSpan.FromMilliseconds(1400));
        answers.Bodies.Count.ShouldBe(clock.Waits.Count + 1);
    }

    [Fact]
    public async Task Send_CancelledWhileItWaits_EndsTheWait()
    {
        using CancellationTokenSource cancel = new();
        Answers answers = new(Answer(HttpStatusCode.TooManyRequests, Rejection));
        Task sending = PostAsync(answers, new RateLimitRetryOptions { Time = new WaitingClock { Stands = true } }, cancel.Token);

        await cancel.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(() => sending);
        answers.Bodies.Count.ShouldBe(1);
    }

    [Fact]
    public void Options_Defaults_AreTheDocumentedOnes()
    {
        RateLimitRetryOptions options = new();

        (options.MaxRetries, options.MaxTotalWait, options.Jitter).ShouldBe((3, TimeSpan.FromMinutes(1), 0.1));
        options.Time.ShouldBeSameAs(TimeProvider.System);
    }

    [Fact]
    public void Options_OutsideTheirRanges_AreRefused()
    {
        Should.Throw<ArgumentOutOfRangeException>(() => new RateLimitRetryOptions { MaxRetries = 0 });
        Should.Throw<ArgumentOutOfRangeException>(() => new RateLimitRetryOptions { MaxRetries = 101 });
        Should.Throw<ArgumentOutOfRangeException>(() => new RateLimitRetryOptions { MaxTotalWait = TimeSpan.Zero });
        Should.Throw<ArgumentOutOfRangeException>(() => new RateLimitRetryOptions { MaxTotalWait = TimeSpan.FromDays(1.1) });
        Should.Throw<ArgumentOutOfRangeException>(() => new RateLimitRetryOptions { Jitter = -0.1 });
        Should.Throw<ArgumentOutOfRangeException>(() => new RateLimitRetryOptions { Jitter = double.NaN });
    }

    private static async Task<WebApplication> StartAsync(RequestDelegate answer)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        WebApplication app = builder.Build();
        app.Run(answer);
        await app.StartAsync();
        return app;
    }

    private static HttpResponseMessage Answer(HttpStatusCode status, string body, bool retryAfter = true)
    {
        HttpResponseMessage response = new(status) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        if (retryAfter)
        {
            response.Headers.Add("Retry-After", "2");
        }

        return response;
    }

    private static async Task<(HttpStatusCode Status, string Body)> PostAsync(
        Answers answers, RateLimitRetryOptions options, CancellationToken cancellationToken = default)
    {
        using HttpClient client = new(new RateLimitRetryHandler(answers, options));
        using HttpResponseMessage response = await client.PostAsync(
            new Uri("http://server.test/mcp"), new StringContent("call"), cancellationToken);
        return (response.StatusCode, await response.Content.ReadAsStringAsync(cancellationToken));
    }

    /// <summary>A body without a length, as chunks and decompression give it.</summary>
    private sealed class UnknownLengthContent : HttpContent
    {
        private readonly byte[] _body;

        internal UnknownLengthContent(string body, string mediaType)
        {
            _body = Encoding.UTF8.GetBytes(body);
            Headers.ContentType = new(mediaType);
        }

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => stream.WriteAsync(_body).AsTask();

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }

    /// <summary>Answers in order; then the connection is lost.</summary>
    private sealed class Answers(params HttpResponseMessage[] responses) : HttpMessageHandler
    {
        internal List<string> Bodies { get; } = [];

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Bodies.Add(await request.Content!.ReadAsStringAsync(cancellationToken));
            return Bodies.Count <= responses.Length
                ? responses[Bodies.Count - 1]
                : throw new HttpRequestException("The connection was lost.");
        }
    }
}
