namespace Sluice.Gateway.Tests.Journals;

public sealed class RejectionsTests
{
    [Fact]
    public void Ring_KeepsTheLastTenThousand()
    {
        RejectionRing ring = new();
        for (int i = 0; i < RejectionRing.Capacity + 3; i++)
        {
            ring.Add(Rejection($"id{i}"));
        }

        ring.Find("id2").ShouldBeNull();
        ring.Find("id3").ShouldNotBeNull();
        ring.Find($"id{RejectionRing.Capacity + 2}").ShouldNotBeNull();
        ring.Find("").ShouldBeNull();
    }

    [Fact]
    public void Callers_FewerThanASliceCounts_AreExact()
    {
        ManualTimeProvider time = new();
        RefusedCallers callers = new(time);
        for (int i = 0; i < 1_000; i++)
        {
            callers.Count("one", "perUser", $"{i % 10}");
            callers.Count("one", null, null);
        }

        RefusedReport report = callers.Report(top: 3, isHour: false);

        report.Callers.Count.ShouldBe(3);
        report.Callers[0].ShouldBe(new RefusedCaller(null, "one", null, 1_000, time.GetUtcNow()));
        report.Callers[1].Refused.ShouldBe(100);
        report.Omitted.ShouldBe(800);
    }

    [Fact]
    public void Callers_MoreThanASliceCounts_NamesTheHeavyOnesWithinTheStatedError()
    {
        const int Light = 20_000;
        const int Heavy = 2_000;
        RefusedCallers callers = new(new ManualTimeProvider());
        for (int i = 0; i < Light; i++)
        {
            callers.Count("one", "perUser", $"light{i}");
            if (i % (Light / Heavy) == 0)
            {
                callers.Count("one", "perUser", "heavy");
            }
        }

        RefusedReport report = callers.Report(top: 1, isHour: true);

        RefusedCaller first = report.Callers.ShouldHaveSingleItem();
        first.Caller.ShouldBe("heavy");
        first.Refused.ShouldBeInRange(Heavy - ((Light + Heavy) / (RefusedCallers.MaxKeys + 1)), Heavy);
        (first.Refused + report.Omitted).ShouldBe(Light + Heavy);
    }

    [Fact]
    public void Callers_TimePasses_OldRejectionsLeaveTheReport()
    {
        ManualTimeProvider time = new();
        RefusedCallers callers = new(time);
        callers.Count("one", "perUser", "a");
        time.Advance(TimeSpan.FromMinutes(6));
        callers.Count("one", "perUser", "b");

        callers.Report(10, isHour: false).Callers.ShouldHaveSingleItem().Caller.ShouldBe("b");
        callers.Report(10, isHour: true).Callers.Count.ShouldBe(2);
        time.Advance(TimeSpan.FromMinutes(62));
        callers.Report(10, isHour: true).Callers.ShouldBeEmpty();
        callers.Count("one", "perUser", "c"); // The slice that it falls into was used before.
        callers.Report(10, isHour: true).Callers.ShouldHaveSingleItem().Refused.ShouldBe(1);
    }

    private static KeptRejection Rejection(string id) => new()
    {
        Id = id,
        At = default,
        Server = "one",
        Method = "tools/call",
        Outcome = RateLimitOutcome.Denied,
        Source = "store",
        ConfigVersion = "",
        Limits = [],
    };
}
