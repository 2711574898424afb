using Sluice.StoreContracts;

namespace Sluice.Tests;

public sealed class ModelTokenBucketTests : TokenBucketContract<ModelUnderTest>;

public sealed class ModelSlidingWindowTests : SlidingWindowContract<ModelUnderTest>;

public sealed class ModelSlidingWindowCounterTests : SlidingWindowCounterContract<ModelUnderTest>;

public sealed class ModelFixedWindowTests : FixedWindowContract<ModelUnderTest>;

public sealed class ModelCalendarTests : CalendarContract<ModelUnderTest>;

public sealed class ModelAllOrNothingTests : AllOrNothingContract<ModelUnderTest>;

public sealed class ModelPermissiveTests : PermissiveContract<ModelUnderTest>;

public sealed class ModelIdentityTests : IdentityContract<ModelUnderTest>;

public sealed class ModelVerbsTests : VerbsContract<ModelUnderTest>;

public sealed class ModelLiveChangeTests : LiveChangeContract<ModelUnderTest>;

public sealed class ModelRateListTests : RateListContract<ModelUnderTest>;

public sealed class ModelKeyTests : KeyContract<ModelUnderTest>;

public sealed class ModelOverrideTests : OverrideContract<ModelUnderTest>;

public sealed class ModelRejectionTests : RejectionContract<ModelUnderTest>;

public sealed class ModelEnvelopeTests : EnvelopeContract<ModelUnderTest>;

public sealed class ModelClockTests : ClockContract<ModelUnderTest>;

public sealed class ModelVectorTests : VectorContract<ModelUnderTest>;

public sealed class ModelSlotsTests : SlotsContract<ModelUnderTest>;
