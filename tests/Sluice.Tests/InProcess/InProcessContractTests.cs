using Sluice.StoreContracts;

namespace Sluice.Tests;

public sealed class InProcessTokenBucketTests : TokenBucketContract<InProcessUnderTest>;

public sealed class InProcessSlidingWindowTests : SlidingWindowContract<InProcessUnderTest>;

public sealed class InProcessSlidingWindowCounterTests : SlidingWindowCounterContract<InProcessUnderTest>;

public sealed class InProcessFixedWindowTests : FixedWindowContract<InProcessUnderTest>;

public sealed class InProcessCalendarTests : CalendarContract<InProcessUnderTest>;

public sealed class InProcessAllOrNothingTests : AllOrNothingContract<InProcessUnderTest>;

public sealed class InProcessPermissiveTests : PermissiveContract<InProcessUnderTest>;

public sealed class InProcessIdentityTests : IdentityContract<InProcessUnderTest>;

public sealed class InProcessVerbsTests : VerbsContract<InProcessUnderTest>;

public sealed class InProcessLiveChangeTests : LiveChangeContract<InProcessUnderTest>;

public sealed class InProcessRateListTests : RateListContract<InProcessUnderTest>;

public sealed class InProcessKeyTests : KeyContract<InProcessUnderTest>;

public sealed class InProcessOverrideTests : OverrideContract<InProcessUnderTest>;

public sealed class InProcessRejectionTests : RejectionContract<InProcessUnderTest>;

public sealed class InProcessEnvelopeTests : EnvelopeContract<InProcessUnderTest>;

public sealed class InProcessClockTests : ClockContract<InProcessUnderTest>;

public sealed class InProcessHistoryTests : HistoryContract<InProcessUnderTest>;

public sealed class InProcessCallerHistoryTests : CallerHistoryContract<InProcessUnderTest>;

public sealed class InProcessVectorTests : VectorContract<InProcessUnderTest>;

public sealed class InProcessReservationTests : ReservationContract<InProcessUnderTest>;

public sealed class InProcessReservationHistoryTests : ReservationHistoryContract<InProcessUnderTest>;

public sealed class InProcessSlotsTests : SlotsContract<InProcessUnderTest>;

public sealed class InProcessCallerVectorTests : CallerVectorContract<InProcessUnderTest>;
