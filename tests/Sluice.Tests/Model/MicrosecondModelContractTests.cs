using Sluice.StoreContracts;

namespace Sluice.Tests;

public sealed class MicrosecondModelTokenBucketTests : TokenBucketContract<MicrosecondModelUnderTest>;

public sealed class MicrosecondModelSlidingWindowTests : SlidingWindowContract<MicrosecondModelUnderTest>;

public sealed class MicrosecondModelSlidingWindowCounterTests : SlidingWindowCounterContract<MicrosecondModelUnderTest>;

public sealed class MicrosecondModelFixedWindowTests : FixedWindowContract<MicrosecondModelUnderTest>;

public sealed class MicrosecondModelCalendarTests : CalendarContract<MicrosecondModelUnderTest>;

public sealed class MicrosecondModelAllOrNothingTests : AllOrNothingContract<MicrosecondModelUnderTest>;

public sealed class MicrosecondModelPermissiveTests : PermissiveContract<MicrosecondModelUnderTest>;

public sealed class MicrosecondModelIdentityTests : IdentityContract<MicrosecondModelUnderTest>;

public sealed class MicrosecondModelVerbsTests : VerbsContract<MicrosecondModelUnderTest>;

public sealed class MicrosecondModelLiveChangeTests : LiveChangeContract<MicrosecondModelUnderTest>;

public sealed class MicrosecondModelRateListTests : RateListContract<MicrosecondModelUnderTest>;

public sealed class MicrosecondModelKeyTests : KeyContract<MicrosecondModelUnderTest>;

public sealed class MicrosecondModelOverrideTests : OverrideContract<MicrosecondModelUnderTest>;

public sealed class MicrosecondModelRejectionTests : RejectionContract<MicrosecondModelUnderTest>;

public sealed class MicrosecondModelEnvelopeTests : EnvelopeContract<MicrosecondModelUnderTest>;

public sealed class MicrosecondModelClockTests : ClockContract<MicrosecondModelUnderTest>;

public sealed class MicrosecondModelVectorTests : VectorContract<MicrosecondModelUnderTest>;
