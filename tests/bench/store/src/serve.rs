//! The calls of S3.

use crate::contents::{Bucket, Conditions, Contents, Meta, Upload, Version};
use crate::list::{self, ListRequest};
use bytes::{Bytes, BytesMut};
use futures::{StreamExt as _, stream};
use md5::{Digest as _, Md5};
use s3s::dto::*;
use s3s::{S3, S3Request, S3Response, S3Result, s3_error};
use std::fmt::Write as _;
use std::sync::{Mutex, MutexGuard, PoisonError};

#[derive(Default)]
pub struct Store(Mutex<Contents>);

impl Store {
    fn kept(&self) -> MutexGuard<'_, Contents> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

type Answer<T> = S3Result<S3Response<T>>;

fn answer<T>(output: T) -> Answer<T> {
    Ok(S3Response::new(output))
}

async fn all(body: Option<StreamingBlob>) -> S3Result<Bytes> {
    let mut bytes = BytesMut::new();
    let Some(mut body) = body else {
        return Ok(Bytes::new());
    };
    while let Some(part) = body.next().await {
        bytes.extend_from_slice(&part.map_err(|error| s3_error!(IncompleteBody, "{error}"))?);
    }
    Ok(bytes.freeze())
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::new();
    for byte in bytes {
        // Writing to a text cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

fn etag(bytes: &[u8]) -> String {
    hex(&Md5::digest(bytes))
}

fn blob(bytes: Bytes) -> StreamingBlob {
    StreamingBlob::wrap(stream::once(async move { Ok::<_, std::io::Error>(bytes) }))
}

#[async_trait::async_trait]
impl S3 for Store {
    async fn create_bucket(
        &self,
        request: S3Request<CreateBucketInput>,
    ) -> Answer<CreateBucketOutput> {
        self.kept()
            .buckets
            .insert(request.input.bucket, Bucket::default());
        answer(CreateBucketOutput::default())
    }

    async fn head_bucket(&self, request: S3Request<HeadBucketInput>) -> Answer<HeadBucketOutput> {
        self.kept().bucket(&request.input.bucket)?;
        answer(HeadBucketOutput::default())
    }

    async fn put_bucket_versioning(
        &self,
        request: S3Request<PutBucketVersioningInput>,
    ) -> Answer<PutBucketVersioningOutput> {
        let status = request.input.versioning_configuration.status;
        let enabled =
            status.is_some_and(|status| status.as_str() == BucketVersioningStatus::ENABLED);
        self.kept().bucket(&request.input.bucket)?.keeps_versions = enabled;
        answer(PutBucketVersioningOutput::default())
    }

    async fn get_bucket_versioning(
        &self,
        request: S3Request<GetBucketVersioningInput>,
    ) -> Answer<GetBucketVersioningOutput> {
        let enabled = self.kept().bucket(&request.input.bucket)?.keeps_versions;
        let status =
            enabled.then(|| BucketVersioningStatus::from_static(BucketVersioningStatus::ENABLED));
        answer(GetBucketVersioningOutput {
            status,
            ..Default::default()
        })
    }

    async fn put_bucket_tagging(
        &self,
        request: S3Request<PutBucketTaggingInput>,
    ) -> Answer<PutBucketTaggingOutput> {
        self.kept().bucket(&request.input.bucket)?.tags = request.input.tagging.tag_set;
        answer(PutBucketTaggingOutput::default())
    }

    async fn get_bucket_tagging(
        &self,
        request: S3Request<GetBucketTaggingInput>,
    ) -> Answer<GetBucketTaggingOutput> {
        let tag_set = self.kept().bucket(&request.input.bucket)?.tags.clone();
        answer(GetBucketTaggingOutput { tag_set })
    }

    async fn get_bucket_lifecycle_configuration(
        &self,
        _: S3Request<GetBucketLifecycleConfigurationInput>,
    ) -> Answer<GetBucketLifecycleConfigurationOutput> {
        Err(s3_error!(NoSuchLifecycleConfiguration))
    }

    async fn put_object(&self, request: S3Request<PutObjectInput>) -> Answer<PutObjectOutput> {
        let input = request.input;
        let bytes = all(input.body).await?;
        let meta = Meta {
            content_type: input.content_type,
            cache_control: input.cache_control,
            user: input.metadata,
            sha256: input.checksum_sha256,
        };
        let version = Version::new(bytes.clone(), etag(&bytes), meta);
        let conditions = Conditions {
            matches: input.if_match,
            matches_none: input.if_none_match,
        };
        let e_tag = version.etag();
        let version_id = self
            .kept()
            .write(&input.bucket, &input.key, version, conditions)?;
        answer(PutObjectOutput {
            e_tag,
            version_id,
            ..Default::default()
        })
    }

    async fn get_object(&self, request: S3Request<GetObjectInput>) -> Answer<GetObjectOutput> {
        let input = request.input;
        let found = self
            .kept()
            .find(&input.bucket, &input.key, input.version_id.as_deref())?;
        let whole = found.bytes.len();
        let (bytes, content_range) = match input.range {
            None => (found.bytes.clone(), None),
            Some(range) => {
                let part = range.check(whole as u64)?;
                let header = format!("bytes {}-{}/{whole}", part.start, part.end - 1);
                let place = |at: u64| usize::try_from(at).unwrap_or(whole);
                (
                    found.bytes.slice(place(part.start)..place(part.end)),
                    Some(header),
                )
            }
        };
        answer(GetObjectOutput {
            content_length: i64::try_from(bytes.len()).ok(),
            body: Some(blob(bytes)),
            content_range,
            e_tag: found.etag(),
            last_modified: Some(found.modified),
            version_id: found.id,
            content_type: found.meta.content_type,
            cache_control: found.meta.cache_control,
            metadata: found.meta.user,
            ..Default::default()
        })
    }

    async fn head_object(&self, request: S3Request<HeadObjectInput>) -> Answer<HeadObjectOutput> {
        let input = request.input;
        let found = self
            .kept()
            .find(&input.bucket, &input.key, input.version_id.as_deref())?;
        answer(HeadObjectOutput {
            content_length: found.size(),
            e_tag: found.etag(),
            last_modified: Some(found.modified),
            version_id: found.id,
            checksum_type: found
                .meta
                .sha256
                .as_ref()
                .map(|_| ChecksumType::from_static(ChecksumType::FULL_OBJECT)),
            checksum_sha256: found.meta.sha256,
            content_type: found.meta.content_type,
            cache_control: found.meta.cache_control,
            metadata: found.meta.user,
            ..Default::default()
        })
    }

    async fn get_object_tagging(
        &self,
        request: S3Request<GetObjectTaggingInput>,
    ) -> Answer<GetObjectTaggingOutput> {
        let input = request.input;
        let version = input.version_id.as_deref();
        let found = self.kept().find(&input.bucket, &input.key, version)?;
        answer(GetObjectTaggingOutput {
            tag_set: Vec::new(),
            version_id: found.id,
        })
    }

    async fn copy_object(&self, request: S3Request<CopyObjectInput>) -> Answer<CopyObjectOutput> {
        let input = request.input;
        let CopySource::Bucket {
            bucket,
            key,
            version_id,
        } = &input.copy_source
        else {
            return Err(s3_error!(NotImplemented));
        };
        let mut kept = self.kept();
        let found = kept.find(bucket, key, version_id.as_deref())?;
        let version = Version::new(found.bytes, found.etag, found.meta);
        let result = CopyObjectResult {
            e_tag: version.etag(),
            last_modified: Some(version.modified.clone()),
            ..Default::default()
        };
        let version_id = kept.write(&input.bucket, &input.key, version, Conditions::default())?;
        answer(CopyObjectOutput {
            copy_object_result: Some(result),
            version_id,
            ..Default::default()
        })
    }

    async fn delete_object(
        &self,
        request: S3Request<DeleteObjectInput>,
    ) -> Answer<DeleteObjectOutput> {
        let input = request.input;
        let conditions = Conditions {
            matches: input.if_match,
            matches_none: None,
        };
        let version_id =
            self.kept()
                .write(&input.bucket, &input.key, Version::marker(), conditions)?;
        answer(DeleteObjectOutput {
            delete_marker: Some(version_id.is_some()),
            version_id,
            ..Default::default()
        })
    }

    async fn delete_objects(
        &self,
        request: S3Request<DeleteObjectsInput>,
    ) -> Answer<DeleteObjectsOutput> {
        let input = request.input;
        let mut deleted = Vec::new();
        for object in input.delete.objects {
            self.kept().write(
                &input.bucket,
                &object.key,
                Version::marker(),
                Conditions::default(),
            )?;
            deleted.push(DeletedObject {
                key: Some(object.key),
                ..Default::default()
            });
        }
        answer(DeleteObjectsOutput {
            deleted: Some(deleted),
            ..Default::default()
        })
    }

    async fn list_objects_v2(
        &self,
        request: S3Request<ListObjectsV2Input>,
    ) -> Answer<ListObjectsV2Output> {
        let input = request.input;
        let after = input.continuation_token.or(input.start_after);
        let most = input.max_keys.and_then(|most| usize::try_from(most).ok());
        let asked = ListRequest {
            prefix: input.prefix.as_deref().unwrap_or_default(),
            delimiter: input.delimiter.as_deref(),
            after: after.as_deref(),
            most: most.unwrap_or(usize::MAX),
        };
        answer(list::objects(self.kept().bucket(&input.bucket)?, &asked))
    }

    async fn list_object_versions(
        &self,
        request: S3Request<ListObjectVersionsInput>,
    ) -> Answer<ListObjectVersionsOutput> {
        let input = request.input;
        let mut kept = self.kept();
        answer(list::versions(
            kept.bucket(&input.bucket)?,
            input.prefix.as_deref().unwrap_or(""),
            input.key_marker.as_deref(),
        ))
    }

    async fn create_multipart_upload(
        &self,
        request: S3Request<CreateMultipartUploadInput>,
    ) -> Answer<CreateMultipartUploadOutput> {
        let input = request.input;
        let meta = Meta {
            content_type: input.content_type,
            cache_control: input.cache_control,
            user: input.metadata,
            sha256: None,
        };
        let mut kept = self.kept();
        let id = format!("upload-{}", kept.uploads.len());
        kept.uploads.insert(
            id.clone(),
            Upload {
                meta,
                parts: Default::default(),
            },
        );
        answer(CreateMultipartUploadOutput {
            bucket: Some(input.bucket),
            key: Some(input.key),
            upload_id: Some(id),
            ..Default::default()
        })
    }

    async fn upload_part(&self, request: S3Request<UploadPartInput>) -> Answer<UploadPartOutput> {
        let input = request.input;
        let bytes = all(input.body).await?;
        let e_tag = Some(ETag::Strong(etag(&bytes)));
        let mut kept = self.kept();
        let upload = kept
            .uploads
            .get_mut(&input.upload_id)
            .ok_or_else(|| s3_error!(NoSuchUpload))?;
        upload.parts.insert(input.part_number, bytes);
        answer(UploadPartOutput {
            e_tag,
            ..Default::default()
        })
    }

    async fn complete_multipart_upload(
        &self,
        request: S3Request<CompleteMultipartUploadInput>,
    ) -> Answer<CompleteMultipartUploadOutput> {
        let input = request.input;
        let mut kept = self.kept();
        let upload = kept
            .uploads
            .get_mut(&input.upload_id)
            .ok_or_else(|| s3_error!(NoSuchUpload))?;
        let (parts, meta) = (std::mem::take(&mut upload.parts), upload.meta.clone());
        let (mut bytes, mut sums) = (BytesMut::new(), Md5::new());
        for part in parts.values() {
            bytes.extend_from_slice(part);
            sums.update(Md5::digest(part));
        }
        let etag = format!("{}-{}", hex(&sums.finalize()), parts.len());
        let version = Version::new(bytes.freeze(), etag, meta);
        let e_tag = version.etag();
        let version_id = kept.write(&input.bucket, &input.key, version, Conditions::default())?;
        answer(CompleteMultipartUploadOutput {
            bucket: Some(input.bucket),
            key: Some(input.key),
            e_tag,
            version_id,
            ..Default::default()
        })
    }
}
